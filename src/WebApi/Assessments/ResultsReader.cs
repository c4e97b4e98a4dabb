using System.Collections.Immutable;
using System.Text.Json;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Assessments;

/// <summary>Reads what a run brought, recommendation by recommendation, and names everything that is wrong with it.</summary>
internal sealed class ResultsReader(string technology, string runId, RequestErrors errors)
{
    private const string Array = "recommendations";

    // The longest one has 100 names of 200 characters, each of four bytes, or of twelve as an escape.
    private const int MaxItemBytes = 256 * 1024;

    private readonly List<Recommendation> recommendations = [];
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    public static JsonItemsFormat Format { get; } = new(Array, Recommendation.MaxPerRun, MaxItemBytes, "status");

    /// <param name="element">Null for one that is too long.</param>
    public void Add(int index, JsonElement? element)
    {
        var path = $"{Array}[{index}]";
        if (element is null)
        {
            errors.Add(path, $"A recommendation may have at most {MaxItemBytes / 1024} KiB.");
            return;
        }

        if (JsonFields.Of(element.Value, path, errors) is not { } fields)
        {
            return;
        }

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
        if (!errors.Any)
        {
            recommendations.Add(new(id!, area!.Value, title!, impact!.Value, probability!.Value, effort!.Value, objects));
        }
    }

    /// <summary>Null where there are errors.</summary>
    public ReportRun? Complete(JsonItems body)
    {
        var status = body.Fields.RequiredChoice("status", WireNames.For<ReportedStatus>());
        if (!body.HasItems)
        {
            body.Fields.OptionalArray(Array);
            if (status == ReportedStatus.Completed && body.Fields.KindOf(Array) is null)
            {
                body.Fields.Refuse(Array, "Is required of a completed run, and may be empty.");
            }
        }

        return errors.Any ? null : status == ReportedStatus.Completed
            ? new(technology, runId, Succeeded: true, [.. recommendations])
            : new(technology, runId, Succeeded: false, []);
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
