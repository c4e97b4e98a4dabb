using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Assessments;

/// <summary>The assessments of a workspace: schedules, runs and recommendations of every technology. Keyed by the workspace's id.</summary>
/// <remarks>
/// What a person asks comes with the <see cref="AccessDecision"/> of their user grain. One of another epoch than the
/// workspace's own is answered by null, or by a status of that name: decide again. What an application asks comes with
/// the application, which has <see cref="AppRoles.Assessments"/>, and is about a workspace that exists. A technology is one of <see cref="TechnologyTable"/>.
/// </remarks>
[GrainInterfaceType("EngageCenter.IAssessmentsGrain"), Alias("EngageCenter.IAssessmentsGrain")]
public interface IAssessmentsGrain : IGrainWithStringKey
{
    /// <summary>Needs AccessAssessments. Every technology, in the order of the table.</summary>
    [Alias("List")]
    Task<ImmutableArray<Assessment>?> List(AccessDecision decision);

    /// <summary>Needs AccessAssessments.</summary>
    [Alias("Get")]
    Task<Assessment?> Get(AccessDecision decision, string technology);

    /// <summary>Needs ManageAssessments. The first run is due an hour later, or as the silo is set; the same again changes nothing.</summary>
    [Alias("Configure")]
    Task<ConfigureAssessmentOutcome> Configure(AccessDecision decision, ConfigureAssessment command);

    /// <summary>Needs ManageAssessments. A run that is under way goes on, and the runs stay to be read.</summary>
    [Alias("Remove")]
    Task<RemoveAssessmentOutcome> Remove(AccessDecision decision, RemoveAssessment command);

    /// <summary>Needs AccessAssessments. Starts a run beside the schedule.</summary>
    [Alias("Start")]
    Task<StartRunOutcome> Start(AccessDecision decision, string technology);

    /// <summary>Needs AccessAssessments. The newest <see cref="AssessmentRun.MaxKept"/>, newest first.</summary>
    [Alias("Runs")]
    Task<Page<AssessmentRun>?> Runs(AccessDecision decision, string technology, PageRequest page);

    /// <summary>Needs AccessAssessments. One run, or none.</summary>
    [Alias("Run")]
    Task<Page<AssessmentRun>?> Run(AccessDecision decision, string technology, string runId);

    /// <summary>Needs AccessAssessments. Of the technology's last completed run, greatest score first, then by id.</summary>
    [Alias("Recommendations")]
    Task<Page<Recommendation>?> Recommendations(AccessDecision decision, RecommendationQuery query);

    /// <summary>Needs AccessAssessments.</summary>
    [Alias("Summary")]
    Task<AssessmentsSummary?> Summary(AccessDecision decision);

    /// <summary>The runs that are under way, at most one of each technology, in the order of the table.</summary>
    [Alias("RunsUnderWay")]
    Task<ImmutableArray<AssessmentRun>> RunsUnderWay(Actor caller);

    /// <summary>A run's version, for the condition of a <see cref="Report"/>; null where there is no such run.</summary>
    [Alias("RunVersion")]
    Task<long?> RunVersion(string technology, string runId, Actor caller);

    /// <summary>Ends a run with its results. The same results again change nothing.</summary>
    [Alias("Report")]
    Task<ReportRunOutcome> Report(ReportRun command, Actor caller);
}

/// <param name="Condition">Of any version (<c>*</c>): only where there is a schedule. Null for none.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ConfigureAssessment")]
public sealed record ConfigureAssessment(
    [property: Id(0)] string Technology,
    [property: Id(1)] TimeSpan Interval,
    [property: Id(2)] IfMatch? Condition);

public enum ConfigureAssessmentStatus
{
    Created,
    Updated,
    DecideAgain,
    VersionMismatch,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.ConfigureAssessmentOutcome")]
public readonly record struct ConfigureAssessmentOutcome(
    [property: Id(0)] ConfigureAssessmentStatus Status,
    [property: Id(1)] Assessment? Assessment = null);

/// <param name="Condition">As in <see cref="ConfigureAssessment"/>.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.RemoveAssessment")]
public sealed record RemoveAssessment(
    [property: Id(0)] string Technology,
    [property: Id(1)] IfMatch? Condition);

public enum RemoveAssessmentStatus
{
    /// <summary>There is no schedule now, and perhaps there was none.</summary>
    Removed,
    DecideAgain,
    VersionMismatch,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.RemoveAssessmentOutcome")]
public readonly record struct RemoveAssessmentOutcome(
    [property: Id(0)] RemoveAssessmentStatus Status);

public enum StartRunStatus
{
    Started,
    DecideAgain,

    /// <summary>A run is under way; it is the one of the outcome.</summary>
    InProgress,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.StartRunOutcome")]
public readonly record struct StartRunOutcome(
    [property: Id(0)] StartRunStatus Status,
    [property: Id(1)] AssessmentRun? Run = null);

/// <param name="FocusArea">Only recommendations of this area.</param>
/// <param name="Count">Whether the page needs the total; an export does without.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.RecommendationQuery")]
public sealed record RecommendationQuery(
    [property: Id(0)] string Technology,
    [property: Id(1)] FocusArea? FocusArea,
    [property: Id(2)] PageRequest Page,
    [property: Id(3)] bool Count = true);

/// <param name="Succeeded">Whether the run is Completed; else it is Failed.</param>
/// <param name="Recommendations">At most <see cref="Recommendation.MaxPerRun"/>, in any order; none of a failed run.</param>
/// <param name="Condition">Of the run's version. Null for none.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ReportRun")]
public sealed record ReportRun(
    [property: Id(0)] string Technology,
    [property: Id(1)] string RunId,
    [property: Id(2)] bool Succeeded,
    [property: Id(3)] ImmutableArray<Recommendation> Recommendations,
    [property: Id(4)] IfMatch? Condition = null);

public enum ReportRunStatus
{
    /// <summary>The run has ended with these results, now or before.</summary>
    Accepted,
    RunNotFound,

    /// <summary>The run has ended otherwise.</summary>
    RunEnded,
    VersionMismatch,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.ReportRunOutcome")]
public readonly record struct ReportRunOutcome(
    [property: Id(0)] ReportRunStatus Status,
    [property: Id(1)] AssessmentRun? Run = null);
