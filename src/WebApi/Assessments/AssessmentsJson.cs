using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using EngageCenter.Assessments;
using EngageCenter.Paging;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using FluentValidation;
using FluentValidation.Results;

namespace EngageCenter.WebApi.Assessments;

/// <summary>The assessment of a technology.</summary>
/// <param name="Status">
/// The status of the run in progress, or else of the last run since the technology was configured.
/// </param>
/// <param name="Interval">The time between two scheduled runs, in ISO 8601; absent if no runs are scheduled.</param>
/// <param name="NextRunAt">When the next scheduled run is due; absent if none is scheduled.</param>
/// <param name="LastRun">The newest run, which may be in progress.</param>
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

/// <param name="Interval">
/// The time between two scheduled runs, from PT1H to P366D, as ISO 8601 or <c>7.00:00:00</c>; P7D if absent.
/// </param>
internal sealed record PutAssessmentRequest(TimeSpan? Interval) : IBody<PutAssessmentRequest>;

internal sealed class PutAssessmentValidator : RequestValidator<PutAssessmentRequest>
{
    public PutAssessmentValidator() => RuleFor(schedule => schedule.Interval)
        .InclusiveBetween(Assessment.MinInterval, Assessment.MaxInterval)
        .WithMessage($"Must be a duration from {Durations.Format(Assessment.MinInterval)} to {Durations.Format(Assessment.MaxInterval)}, such as P7D or PT12H.");
}

/// <summary>One run of an assessment.</summary>
/// <param name="ResultsDueAt">When a run in progress fails if no results have arrived.</param>
/// <param name="RecommendationCount">For a completed run.</param>
/// <param name="FailureReason">For a failed run.</param>
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

/// <summary>The status that the results of a run report.</summary>
internal enum ReportedStatus
{
    Completed,
    Failed,
}

/// <param name="Recommendations">At most 2,000. The recommendations of a failed run are validated, but not stored.</param>
internal sealed record PutResultsRequest([property: Required] ReportedStatus? Status, Items<RecommendationRequest>? Recommendations) : IBody<PutResultsRequest>
{
    public static int MaxBytes => 8 * 1024 * 1024;

    public ReportRun ToReport(string technology, string runId, IfMatch? condition) => new(
        technology, runId, Status == ReportedStatus.Completed,
        Status == ReportedStatus.Completed ? [.. Recommendations!.Select(r => r.ToRecommendation())] : [],
        condition);
}

/// <param name="RecommendationId">1 to 64 characters, unique in the request.</param>
/// <param name="Title">1 to 500 characters.</param>
/// <param name="BusinessImpact">1 to 5, like Probability and Effort.</param>
internal sealed record RecommendationRequest(
    string RecommendationId,
    [property: Required] FocusArea? FocusArea,
    string Title,
    [property: Required] int? BusinessImpact,
    [property: Required] int? Probability,
    [property: Required] int? Effort,
    AffectedObjectsJson? AffectedObjects) : ICounted
{
    public static int MaxCount => Recommendation.MaxPerRun;

    public Recommendation ToRecommendation() => new(
        RecommendationId, FocusArea!.Value, Title, BusinessImpact!.Value, Probability!.Value, Effort!.Value,
        AffectedObjects is { } objects ? new(objects.Count, objects.Names) : null);
}

internal sealed class PutResultsValidator : RequestValidator<PutResultsRequest>
{
    public PutResultsValidator()
    {
        RuleFor(results => results.Recommendations).NotNull().WithMessage("Is required for a completed run, and may be empty.")
            .When(results => results.Status == ReportedStatus.Completed);
        RuleFor(results => results.Recommendations)
            .NoneTwice(recommendation => recommendation.RecommendationId, "recommendationId", "Another recommendation already has this id.");
        RuleForEach(results => results.Recommendations).NotNull().WithMessage(Rules.ObjectMessage).SetValidator(new RecommendationValidator());
    }
}

internal sealed class RecommendationValidator : RequestValidator<RecommendationRequest>
{
    public RecommendationValidator()
    {
        RuleFor(recommendation => recommendation.RecommendationId).Text(Recommendation.MaxIdLength);
        RuleFor(recommendation => recommendation.Title).Text(Recommendation.MaxTitleLength);
        RuleFor(recommendation => recommendation.BusinessImpact).Whole(1, Recommendation.MaxRating);
        RuleFor(recommendation => recommendation.Probability).Whole(1, Recommendation.MaxRating);
        RuleFor(recommendation => recommendation.Effort).Whole(1, Recommendation.MaxRating);
        RuleFor(recommendation => recommendation.AffectedObjects).Custom((objects, context) =>
        {
            if (objects is { Names.Length: > AffectedObjects.MaxNames } or { Count: < 0 })
            {
                context.AddFailure(objects.Names is null ? AffectedObjectsJson.Message : $"Must have at most {AffectedObjects.MaxNames} entries.");
                return;
            }

            foreach (var (index, name) in (objects?.Names ?? []).Index())
            {
                if (Text.Fault(name, 1, AffectedObjects.MaxNameLength) is { } fault)
                {
                    context.AddFailure(new ValidationFailure($"{context.PropertyPath}[{index}]", fault));
                }
            }
        });
    }
}

/// <summary>A recommendation of an assessment.</summary>
/// <param name="Score">businessImpact × probability ÷ effort.</param>
/// <param name="AffectedObjects">Their number or their names, as reported; null if unknown.</param>
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
    public const string Message = "Must be a whole number, 0 or greater, or an array of names.";

    private sealed class Converter : JsonConverter<AffectedObjectsJson>
    {
        // A noncharacter, which no valid text contains.
        private const string NoText = "\uFFFF";

        public override AffectedObjectsJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.Number)
            {
                return new(((JsonConverter<long>)options.GetConverter(typeof(long))).Read(ref reader, typeof(long), options), null);
            }

            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new JsonException(Message);
            }

            var names = ImmutableArray.CreateBuilder<string>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                // Keeps one entry more than allowed, so that the validator sees that there are too many.
                if (names.Count <= AffectedObjects.MaxNames)
                {
                    names.Add(Name(ref reader, options));
                }

                _ = reader.TrySkip();
            }

            return new(names.Count, names.ToImmutable());
        }

        public override void Write(Utf8JsonWriter writer, AffectedObjectsJson value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Names is { } names ? names : (object)value.Count, options);

        // A value that is not a text becomes one that the validator refuses with the entry's index, which the serializer
        // cannot name.
        private static string Name(ref Utf8JsonReader reader, JsonSerializerOptions options)
        {
            try
            {
                return ((JsonConverter<string>)options.GetConverter(typeof(string))).Read(ref reader, typeof(string), options)!;
            }
            catch (JsonException)
            {
                return NoText;
            }
        }
    }
}
