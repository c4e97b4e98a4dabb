namespace EngageCenter.Assessments;

/// <summary>A run as stored.</summary>
internal sealed record StoredRun
{
    /// <summary>Counts the runs of the technology, from 1. A number is never used again.</summary>
    public long Sequence { get; init; }

    public RunTrigger Trigger { get; init; }

    public RunStatus Status { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>If no results have come by then, the run has failed.</summary>
    public DateTimeOffset ResultsDueAt { get; init; }

    /// <summary>The time limit that it was started with, so that it does not get longer if the clock goes back.</summary>
    public TimeSpan Timeout { get; init; }

    public int? RecommendationCount { get; init; }

    public RunFailure? Failure { get; init; }

    /// <summary>Identifies the results, to recognize the same report again; null if none came.</summary>
    public string? ResultsHash { get; init; }

    public long Version { get; init; } = 1;

    /// <summary>Returns the id by which callers know a run.</summary>
    public static string IdOf(string technology, long sequence) => FormattableString.Invariant($"{technology}-{sequence}");

    public StoredRun End(RunStatus status, DateTimeOffset at) => this with
    {
        Status = status,
        EndedAt = at,
        Version = Version + 1,
    };

    public AssessmentRun View(string technology) => new(
        IdOf(technology, Sequence),
        technology,
        Status,
        Trigger,
        StartedAt,
        EndedAt,
        Status == RunStatus.Running ? ResultsDueAt : null,
        RecommendationCount,
        Failure,
        Version);
}
