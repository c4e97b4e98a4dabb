namespace EngageCenter.Assessments;

public enum AssessmentStatus
{
    /// <summary>There is no schedule, and there was no run since the last one.</summary>
    NotConfigured,

    /// <summary>There is a schedule, and no run yet since it was set.</summary>
    Scheduled,

    /// <summary>A run is under way.</summary>
    Running,

    /// <summary>The last run delivered results.</summary>
    Completed,

    /// <summary>The last run failed, or delivered no results in time.</summary>
    Failed,
}

/// <summary>How a technology is assessed in a workspace.</summary>
/// <param name="Interval">The time between two scheduled runs, <see cref="MinInterval"/> to <see cref="MaxInterval"/>; null if none are scheduled.</param>
/// <param name="NextRunAt">When the next scheduled run is due. A due run starts within seconds, so this may be slightly in the past.</param>
/// <param name="LastRun">The newest run, even if it is still running.</param>
/// <param name="Version">Grows with each change of this record; 1 if nothing was ever configured or run.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Assessment")]
public sealed record Assessment(
    [property: Id(0)] string Technology,
    [property: Id(1)] AssessmentStatus Status,
    [property: Id(2)] TimeSpan? Interval,
    [property: Id(3)] DateTimeOffset? NextRunAt,
    [property: Id(4)] AssessmentRun? LastRun,
    [property: Id(5)] long Version)
{
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromDays(7);
    public static readonly TimeSpan MinInterval = TimeSpan.FromHours(1);
    public static readonly TimeSpan MaxInterval = TimeSpan.FromDays(366);
}

public enum RunStatus
{
    Running,
    Completed,
    Failed,
}

public enum RunTrigger
{
    Scheduled,
    OnDemand,
}

public enum RunFailure
{
    /// <summary>No results came within the time limit of a run.</summary>
    NoResults,

    /// <summary>The service that runs assessments reported that the run failed.</summary>
    Reported,
}

/// <summary>One run of an assessment.</summary>
/// <param name="RunId">Unique in the workspace.</param>
/// <param name="ResultsDueAt">While it runs: when it counts as failed if no results have come.</param>
/// <param name="RecommendationCount">Only of a completed run.</param>
/// <param name="Failure">Only of a failed run.</param>
/// <param name="Version">Grows with each change of this record.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AssessmentRun")]
public sealed record AssessmentRun(
    [property: Id(0)] string RunId,
    [property: Id(1)] string Technology,
    [property: Id(2)] RunStatus Status,
    [property: Id(3)] RunTrigger Trigger,
    [property: Id(4)] DateTimeOffset StartedAt,
    [property: Id(5)] DateTimeOffset? EndedAt,
    [property: Id(6)] DateTimeOffset? ResultsDueAt,
    [property: Id(7)] int? RecommendationCount,
    [property: Id(8)] RunFailure? Failure,
    [property: Id(9)] long Version)
{
    /// <summary>How many runs of one technology are kept. If there are more, the oldest are dropped.</summary>
    public const int MaxKept = 100;
}

/// <summary>Figures about the assessments of a workspace.</summary>
/// <param name="Configured">Technologies with a schedule.</param>
/// <param name="Running">Technologies with a run in progress.</param>
/// <param name="Failed">Technologies whose last run failed.</param>
/// <param name="NextRunAt">The earliest over all schedules.</param>
/// <param name="LastCompletedAt">When the last results came.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AssessmentsSummary")]
public sealed record AssessmentsSummary(
    [property: Id(0)] int Configured,
    [property: Id(1)] int Running,
    [property: Id(2)] int Failed,
    [property: Id(3)] DateTimeOffset? NextRunAt,
    [property: Id(4)] DateTimeOffset? LastCompletedAt);
