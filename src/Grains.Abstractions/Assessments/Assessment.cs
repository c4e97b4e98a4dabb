namespace EngageCenter.Assessments;

public enum AssessmentStatus
{
    /// <summary>No schedule, and no run since there was one.</summary>
    NotConfigured,

    /// <summary>Has a schedule, and no run yet since there is one.</summary>
    Scheduled,

    /// <summary>A run is under way.</summary>
    Running,

    /// <summary>The last run brought results.</summary>
    Completed,

    /// <summary>The last run failed, or brought no results in time.</summary>
    Failed,
}

/// <summary>How a technology is assessed in a workspace.</summary>
/// <param name="Interval">Between two scheduled runs, <see cref="MinInterval"/> to <see cref="MaxInterval"/>; null where none are scheduled.</param>
/// <param name="NextRunAt">When the next scheduled run is due. A run that is due starts within seconds, so this may have just passed.</param>
/// <param name="LastRun">The newest run, also one that is under way.</param>
/// <param name="Version">Grows with each change of what is here; 1 where nothing was ever asked for.</param>
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
    /// <summary>No results came within the time that a run has.</summary>
    NoResults,

    /// <summary>The service that runs assessments said that the run failed.</summary>
    Reported,
}

/// <summary>One run of an assessment.</summary>
/// <param name="RunId">Unique in the workspace.</param>
/// <param name="ResultsDueAt">While it runs: when it counts as failed for want of results.</param>
/// <param name="RecommendationCount">Of a completed run.</param>
/// <param name="Failure">Of a failed run.</param>
/// <param name="Version">Grows with each change of what is here.</param>
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
    /// <summary>Runs of one technology that are kept; of more, the newest.</summary>
    public const int MaxKept = 100;
}

/// <summary>The assessments of a workspace in figures.</summary>
/// <param name="Configured">Technologies with a schedule.</param>
/// <param name="Running">Technologies with a run under way.</param>
/// <param name="Failed">Technologies whose last run failed.</param>
/// <param name="NextRunAt">Of all schedules the earliest.</param>
/// <param name="LastCompletedAt">When results last came.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AssessmentsSummary")]
public sealed record AssessmentsSummary(
    [property: Id(0)] int Configured,
    [property: Id(1)] int Running,
    [property: Id(2)] int Failed,
    [property: Id(3)] DateTimeOffset? NextRunAt,
    [property: Id(4)] DateTimeOffset? LastCompletedAt);
