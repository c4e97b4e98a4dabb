using System.Collections.Immutable;
using System.Text.Json;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Assessments;

/// <summary>Reads what a run brought, and names everything that is wrong with it.</summary>
internal static class ResultsReader
{
    /// <summary>Null where there are errors.</summary>
    public static ReportRun? Read(string technology, string runId, JsonFields body, RequestErrors errors)
    {
        var status = body.RequiredChoice("status", WireNames.For<ReportedStatus>());
        if (status == ReportedStatus.Completed && body.KindOf("recommendations") is null)
        {
            body.Refuse("recommendations", "Is required of a completed run, and may be empty.");
        }

        var recommendations = Recommendations(body);
        return errors.Any ? null : status == ReportedStatus.Completed
            ? new(technology, runId, Succeeded: true, [.. recommendations.Select(r => r!)])
            : new(technology, runId, Succeeded: false, []);
    }

    private static List<Recommendation?> Recommendations(JsonFields body)
    {
        var recommendations = new List<Recommendation?>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var fields in body.Objects("recommendations", 0, Recommendation.MaxPerRun))
        {
            var id = fields.RequiredText("recommendationId", Recommendation.MaxIdLength);
            if (id is not null && !known.Add(id))
            {
                fields.Refuse("recommendationId", "Is another recommendation's already.");
            }

            var area = fields.RequiredChoice("focusArea", WireNames.For<FocusArea>());
            var title = fields.RequiredText("title", Recommendation.MaxTitleLength);
            var impact = fields.RequiredWhole("businessImpact", 1, Recommendation.MaxRating);
            var probability = fields.RequiredWhole("probability", 1, Recommendation.MaxRating);
            var effort = fields.RequiredWhole("effort", 1, Recommendation.MaxRating);
            var objects = AffectedObjects(fields);
            recommendations.Add(id is null || area is null || title is null || impact is null || probability is null || effort is null
                ? null
                : new(id, area.Value, title, impact.Value, probability.Value, effort.Value, objects));
        }

        return recommendations;
    }

    private static AffectedObjects? AffectedObjects(JsonFields fields)
    {
        const string name = "affectedObjects";
        switch (fields.KindOf(name))
        {
            case null:
                return null;
            case JsonValueKind.Array:
                var names = fields.Texts(name, EngageCenter.Assessments.AffectedObjects.MaxNames, EngageCenter.Assessments.AffectedObjects.MaxNameLength).ToImmutableArray();
                return new(names.Length, names);
            case JsonValueKind.Number:
                return fields.RequiredCount(name) is { } count ? new(count, null) : null;
            default:
                fields.Refuse(name, "Must be a whole number, 0 or greater, or an array of names.");
                return null;
        }
    }
}
