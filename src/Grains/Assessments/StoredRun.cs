namespace EngageCenter.Assessments;

/// <summary>A run as it is stored.</summary>
internal sealed record StoredRun
{
    /// <summary>Counts the runs of the technology, from 1. Never used again.</summary>
    public long Sequence { get; init; }

    public RunTrigger Trigger { get; init; }

    public RunStatus Status { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Without results by then it has failed.</summary>
    public DateTimeOffset ResultsDueAt { get; init; }

    /// <summary>What it was given, so that a clock that goes back does not give it more.</summary>
    public TimeSpan Timeout { get; init; }

    public int? RecommendationCount { get; init; }

    public RunFailure? Failure { get; init; }

    /// <summary>By which the same results are known again; null where none came.</summary>
    public string? ResultsHash { get; init; }

    public long Version { get; init; } = 1;

    /// <summary>What callers know a run by.</summary>
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
