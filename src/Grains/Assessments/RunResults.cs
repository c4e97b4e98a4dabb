using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace EngageCenter.Assessments;

/// <summary>What a run brought.</summary>
/// <param name="Ranked">In the order in which they are shown.</param>
/// <param name="Hash">The same for the same results, in whatever order they came.</param>
internal sealed record RunResults(bool Succeeded, ImmutableArray<Recommendation> Ranked, string Hash)
{
    public static RunResults Of(ReportRun command)
    {
        var ranked = RankedRecommendations.Rank(command.Recommendations);
        return new(command.Succeeded, ranked, Convert.ToBase64String(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new { command.Succeeded, ranked }))));
    }
}
