using System.Globalization;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Assessments;

/// <summary>Recommendations as CSV.</summary>
internal static class RecommendationCsv
{
    public static CsvTable<Recommendation> Table { get; } = new(
        "recommendations",
        ("recommendationId", r => r.RecommendationId),
        ("focusArea", r => r.FocusArea.ToString()),
        ("title", r => r.Title),
        ("businessImpact", r => Csv.Cell((decimal)r.BusinessImpact)),
        ("probability", r => Csv.Cell((decimal)r.Probability)),
        ("effort", r => Csv.Cell((decimal)r.Effort)),
        ("score", r => r.Score.ToString(CultureInfo.InvariantCulture)),
        // How many, or their names.
        ("affectedObjects", r => r.AffectedObjects is { } objects
            ? objects.Names is { } names ? string.Join("; ", names) : Csv.Cell((decimal)objects.Count)
            : null));
}
