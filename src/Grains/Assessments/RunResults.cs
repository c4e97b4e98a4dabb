using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace EngageCenter.Assessments;

/// <summary>What a run brought.</summary>
/// <param name="Ranked">In the order in which they are shown.</param>
/// <param name="Hash">The same for the same results, in whatever order they came.</param>
internal sealed record RunResults(bool Succeeded, ImmutableArray<Recommendation> Ranked, string Hash)
{
    /// <exception cref="ArgumentException">A recommendation is not within its limits, or there are too many.</exception>
    public static RunResults Of(ReportRun command)
    {
        Bounds.Items(command.Recommendations, 0, Recommendation.MaxPerRun);
        foreach (var recommendation in command.Recommendations)
        {
            Check(recommendation);
        }

        Bounds.Require(
            command.Recommendations.DistinctBy(r => r.RecommendationId, StringComparer.Ordinal).Count() == command.Recommendations.Length,
            "A recommendation's id is there once in a run.");

        var ranked = RankedRecommendations.Rank(command.Recommendations);
        return new(command.Succeeded, ranked, Convert.ToBase64String(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new { command.Succeeded, ranked }))));
    }

    private static void Check(Recommendation recommendation)
    {
        Bounds.Text(recommendation.RecommendationId, Recommendation.MaxIdLength);
        Bounds.Defined(recommendation.FocusArea);
        Bounds.Text(recommendation.Title, Recommendation.MaxTitleLength);
        foreach (var rating in (ReadOnlySpan<int>)[recommendation.BusinessImpact, recommendation.Probability, recommendation.Effort])
        {
            Bounds.Require(rating is >= 1 and <= Recommendation.MaxRating, $"A rating is from 1 to {Recommendation.MaxRating}.");
        }

        if (recommendation.AffectedObjects is { } affected)
        {
            Bounds.Require(affected.Count >= 0, "A count is 0 or greater.");
            if (affected.Names is { } names)
            {
                Bounds.Items(names, 0, AffectedObjects.MaxNames);
                foreach (var name in names)
                {
                    Bounds.Text(name, AffectedObjects.MaxNameLength);
                }
            }
        }
    }
}
