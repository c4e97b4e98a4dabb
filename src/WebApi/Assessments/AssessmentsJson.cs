using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Http;
using FluentValidation;

namespace EngageCenter.WebApi.Assessments;

/// <summary>How a technology is assessed.</summary>
/// <param name="Status">Of the run under way, or else of the last one since the technology was configured.</param>
/// <param name="Interval">Between two scheduled runs, ISO 8601; absent where none are scheduled.</param>
/// <param name="NextRunAt">When the next scheduled run is due; absent where none is.</param>
/// <param name="LastRun">The newest run, also one that is under way.</param>
internal sealed record AssessmentJson(
    string Technology,
    string DisplayName,
    AssessmentStatus Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Interval,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? NextRunAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RunJson? LastRun)
{
    public static AssessmentJson Of(Assessment assessment) => new(
        assessment.Technology,
        TechnologyTable.Find(assessment.Technology)!.DisplayName,
        assessment.Status,
        assessment.Interval is { } interval ? Durations.Format(interval) : null,
        assessment.NextRunAt,
        assessment.LastRun is { } run ? RunJson.Of(run) : null);
}

/// <param name="Interval">Between two scheduled runs, from PT1H to P366D, ISO 8601 or <c>7.00:00:00</c>; P7D where nothing is said.</param>
internal sealed record PutAssessmentRequest(TimeSpan? Interval);

internal sealed class PutAssessmentValidator : RequestValidator<PutAssessmentRequest>
{
    public PutAssessmentValidator() => RuleFor(schedule => schedule.Interval)
        .InclusiveBetween(Assessment.MinInterval, Assessment.MaxInterval)
        .WithMessage($"Must be a duration from {Durations.Format(Assessment.MinInterval)} to {Durations.Format(Assessment.MaxInterval)}, such as P7D or PT12H.");
}

/// <summary>One run of an assessment.</summary>
/// <param name="ResultsDueAt">While it runs: when it will have failed for want of results.</param>
/// <param name="RecommendationCount">Of a completed run.</param>
/// <param name="FailureReason">Of a failed run.</param>
internal sealed record RunJson(
    string RunId,
    string Technology,
    RunStatus Status,
    RunTrigger Trigger,
    DateTimeOffset StartedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? EndedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ResultsDueAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? RecommendationCount,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RunFailure? FailureReason)
{
    public static RunJson Of(AssessmentRun run) => new(
        run.RunId, run.Technology, run.Status, run.Trigger, run.StartedAt, run.EndedAt, run.ResultsDueAt, run.RecommendationCount, run.Failure);
}

/// <summary>A run that waits for its results.</summary>
internal sealed record RunUnderWayJson(string RunId, string Technology, RunTrigger Trigger, DateTimeOffset StartedAt, DateTimeOffset ResultsDueAt)
{
    public static RunUnderWayJson Of(AssessmentRun run) => new(run.RunId, run.Technology, run.Trigger, run.StartedAt, run.ResultsDueAt!.Value);
}

/// <summary>How a run can have ended.</summary>
internal enum ReportedStatus
{
    Completed,
    Failed,
}

/// <param name="Recommendations">At most 2,000. Those of a failed run are checked, and not kept.</param>
internal sealed record PutResultsRequest(ReportedStatus Status, IReadOnlyList<RecommendationRequest>? Recommendations);

/// <param name="RecommendationId">1 to 64 characters, once in the request.</param>
/// <param name="Title">1 to 500 characters.</param>
/// <param name="BusinessImpact">1 to 5; so for probability and effort.</param>
internal sealed record RecommendationRequest(
    string RecommendationId, FocusArea FocusArea, string Title, int BusinessImpact, int Probability, int Effort, AffectedObjectsJson? AffectedObjects);

/// <summary>What an assessment recommends to do.</summary>
/// <param name="Score">businessImpact × probability ÷ effort.</param>
/// <param name="AffectedObjects">How many, or which, as it was reported; null where it is not known.</param>
internal sealed record RecommendationJson(
    string RecommendationId,
    FocusArea FocusArea,
    string Title,
    int BusinessImpact,
    int Probability,
    int Effort,
    double Score,
    AffectedObjectsJson? AffectedObjects)
{
    public static RecommendationJson Of(Recommendation r) => new(
        r.RecommendationId,
        r.FocusArea,
        r.Title,
        r.BusinessImpact,
        r.Probability,
        r.Effort,
        r.Score,
        r.AffectedObjects is { } objects ? new(objects.Count, objects.Names) : null);
}

internal sealed record RecommendationListQuery(
    [property: Description("Only recommendations of this area.")] FocusArea? FocusArea,
    int? PageSize, Cursor? Cursor, bool? Bom) : IQuery<RecommendationListQuery>, IExported;

internal sealed class RecommendationListValidator : PagedValidator<RecommendationListQuery>;

/// <summary>A number, or an array of names.</summary>
[JsonConverter(typeof(Converter))]
internal sealed record AffectedObjectsJson(long Count, ImmutableArray<string>? Names)
{
    /// <summary>Requests are read field by field, and not by this.</summary>
    private sealed class Converter : JsonConverter<AffectedObjectsJson>
    {
        public override AffectedObjectsJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("Only written.");

        public override void Write(Utf8JsonWriter writer, AffectedObjectsJson value, JsonSerializerOptions options)
        {
            if (value.Names is not { } names)
            {
                writer.WriteNumberValue(value.Count);
                return;
            }

            writer.WriteStartArray();
            foreach (var name in names)
            {
                writer.WriteStringValue(name);
            }

            writer.WriteEndArray();
        }
    }
}
