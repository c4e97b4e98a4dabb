using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Assessments;

/// <summary>The assessments of a workspace: schedules, runs and recommendations of every technology. Keyed by the workspace's id.</summary>
/// <remarks>
/// A person's call carries the <see cref="AccessDecision"/> of their user grain. If its epoch is not the workspace's own,
/// the answer is null or <c>DecideAgain</c>, and the caller decides again. An application's call carries the application,
/// which needs <see cref="AppRoles.Assessments"/>, and the workspace must exist. A technology is one of <see cref="TechnologyTable"/>.
/// </remarks>
[GrainInterfaceType("EngageCenter.IAssessmentsGrain"), Alias("EngageCenter.IAssessmentsGrain")]
public interface IAssessmentsGrain : IGrainWithStringKey
{
    /// <summary>Returns every technology, in the order of the table. Needs AccessAssessments.</summary>
    [Alias("List")]
    Task<ImmutableArray<Assessment>?> List(AccessDecision decision);

    /// <summary>Returns one technology. Needs AccessAssessments.</summary>
    [Alias("Get")]
    Task<Assessment?> Get(AccessDecision decision, string technology);

    /// <summary>Sets a schedule. The first run is due after an hour, or after the time that the silo's settings say. The same schedule again changes nothing. Needs ManageAssessments.</summary>
    [Alias("Configure")]
    Task<ConfigureAssessmentOutcome> Configure(AccessDecision decision, ConfigureAssessment command);

    /// <summary>Removes the schedule. A run in progress continues, and the runs can still be read. Needs ManageAssessments.</summary>
    [Alias("Remove")]
    Task<RemoveAssessmentOutcome> Remove(AccessDecision decision, RemoveAssessment command);

    /// <summary>Starts a run outside of the schedule. Needs AccessAssessments.</summary>
    [Alias("Start")]
    Task<StartRunOutcome> Start(AccessDecision decision, string technology);

    /// <summary>Returns the newest <see cref="AssessmentRun.MaxKept"/> runs, newest first. Needs AccessAssessments.</summary>
    [Alias("Runs")]
    Task<Page<AssessmentRun>?> Runs(AccessDecision decision, string technology, PageRequest page);

    /// <summary>Returns one run: a page with one item, or an empty one if it does not exist. Needs AccessAssessments.</summary>
    [Alias("Run")]
    Task<Page<AssessmentRun>?> Run(AccessDecision decision, string technology, string runId);

    /// <summary>Returns the recommendations of the technology's last completed run, highest score first, then by id. Needs AccessAssessments.</summary>
    [Alias("Recommendations")]
    Task<Page<Recommendation>?> Recommendations(AccessDecision decision, RecommendationQuery query);

    /// <summary>Returns figures about all assessments. Needs AccessAssessments.</summary>
    [Alias("Summary")]
    Task<AssessmentsSummary?> Summary(AccessDecision decision);

    /// <summary>Returns the runs in progress, at most one for each technology, in the order of the table.</summary>
    [Alias("RunsUnderWay")]
    Task<ImmutableArray<AssessmentRun>> RunsUnderWay(Actor caller);

    /// <summary>Returns a run's version, for the condition of a <see cref="Report"/>; null if there is no such run.</summary>
    [Alias("RunVersion")]
    Task<long?> RunVersion(string technology, string runId, Actor caller);

    /// <summary>Ends a run and stores its results. The same results again change nothing.</summary>
    [Alias("Report")]
    Task<ReportRunOutcome> Report(ReportRun command, Actor caller);
}

/// <param name="Condition"><c>*</c>: only if there is a schedule. Null: always.</param>
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
    /// <summary>There is no schedule now; perhaps there was none before.</summary>
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

    /// <summary>A run is in progress; the outcome contains it.</summary>
    InProgress,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.StartRunOutcome")]
public readonly record struct StartRunOutcome(
    [property: Id(0)] StartRunStatus Status,
    [property: Id(1)] AssessmentRun? Run = null);

/// <param name="FocusArea">Only recommendations of this area; null for all.</param>
/// <param name="Count">Whether the page needs the total; an export does not.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.RecommendationQuery")]
public sealed record RecommendationQuery(
    [property: Id(0)] string Technology,
    [property: Id(1)] FocusArea? FocusArea,
    [property: Id(2)] PageRequest Page,
    [property: Id(3)] bool Count = true);

/// <param name="Succeeded">Whether the run is Completed; otherwise it is Failed.</param>
/// <param name="Recommendations">At most <see cref="Recommendation.MaxPerRun"/>, in any order; empty for a failed run.</param>
/// <param name="Condition">Ends the run only if it still has this version. Null: always.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ReportRun")]
public sealed record ReportRun(
    [property: Id(0)] string Technology,
    [property: Id(1)] string RunId,
    [property: Id(2)] bool Succeeded,
    [property: Id(3)] ImmutableArray<Recommendation> Recommendations,
    [property: Id(4)] IfMatch? Condition = null);

public enum ReportRunStatus
{
    /// <summary>The run has ended with these results, by this call or an earlier one.</summary>
    Accepted,
    RunNotFound,

    /// <summary>The run has ended already, with other results.</summary>
    RunEnded,
    VersionMismatch,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.ReportRunOutcome")]
public readonly record struct ReportRunOutcome(
    [property: Id(0)] ReportRunStatus Status,
    [property: Id(1)] AssessmentRun? Run = null);
