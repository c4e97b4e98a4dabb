using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using EngageCenter.Paging;
using EngageCenter.Storage;

namespace EngageCenter.Assessments;

/// <summary>
/// The schedule and the runs of one technology, as stored. It has no side effects: everything follows from the state and the
/// time. Each command returns its outcome and the next state, which is this instance if nothing changes.
/// </summary>
/// <remarks>
/// <para>
/// <b>The grid.</b> Scheduled runs are due at times that are one <see cref="Interval"/> apart, whenever they really start. If
/// several due times were missed, only the latest counts. A due time that comes during a run is satisfied by that run. A new
/// interval counts from the latest due time that had its run.
/// </para>
/// <para>
/// <b>Time.</b> <see cref="At"/> returns what is true at a time even if nothing is done; <see cref="Advance"/> also starts the
/// run that is due. The result does not depend on how often they were called before, so a reader sees what a late reminder is
/// going to store. If the clock goes back, nothing has to wait longer than it would have.
/// </para>
/// </remarks>
internal sealed record AssessmentSchedule
{
    public string Technology { get; init; } = "";

    /// <summary>Null if no runs are scheduled.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>The setting when the schedule was configured, so that the first run is not delayed if the clock goes back.</summary>
    [SinceFormat(1)]
    public TimeSpan FirstRunAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The latest due time that had its run; null before the first.</summary>
    public DateTimeOffset? Anchor { get; init; }

    /// <summary>The next due time; null if no runs are scheduled.</summary>
    public DateTimeOffset? NextRunAt { get; init; }

    /// <summary>Newest first, at most <see cref="AssessmentRun.MaxKept"/>. Only the newest may be in progress.</summary>
    public ImmutableArray<StoredRun> Runs { get; init; } = [];

    public long LastSequence { get; init; }

    /// <summary>The number of the newest run that began before the schedule was last removed. Runs up to it do not determine the technology's status.</summary>
    public long RemovedAfter { get; init; }

    /// <summary>The run whose recommendations are shown; 0 for none.</summary>
    public long RecommendedBy { get; init; }

    /// <summary>Which of the two rows holds these recommendations.</summary>
    public int RecommendationSlot { get; init; }

    /// <summary>Grows with each change that is visible in <see cref="View"/>.</summary>
    public long Version { get; init; } = 1;

    [JsonIgnore]
    public StoredRun? UnderWay => Runs is [{ Status: RunStatus.Running } run, ..] ? run : null;

    /// <summary>When something has to be done next. A due time during a run needs nothing, because that run satisfies it.</summary>
    [JsonIgnore]
    public DateTimeOffset? NextEvent => UnderWay?.ResultsDueAt ?? NextRunAt;

    /// <summary>Returns what is true at a time: a run without results by its limit has failed. Does not start a run that is due.</summary>
    public AssessmentSchedule At(DateTimeOffset now)
    {
        var next = NotBeyond(now);
        if (next.UnderWay is { } run)
        {
            var isOver = run.ResultsDueAt <= now;
            next = next.Satisfy(isOver ? run.ResultsDueAt.AddTicks(-1) : now);
            if (isOver)
            {
                next = next.Replace(run.End(RunStatus.Failed, run.ResultsDueAt) with { Failure = RunFailure.NoResults });
            }
        }

        return next.PassOver(now);
    }

    /// <summary>Like <see cref="At"/>, but also starts the scheduled run that is due.</summary>
    /// <param name="timeout">The time limit for the results of a new run.</param>
    public AssessmentSchedule Advance(DateTimeOffset now, TimeSpan timeout)
    {
        var next = At(now);
        return next.UnderWay is null && next.NextRunAt <= now
            ? next.Satisfy(now).Begin(RunTrigger.Scheduled, now, timeout)
            : next;
    }

    /// <param name="firstRunAfter">When the first run is due. Ignored if there is a schedule already.</param>
    public (ConfigureAssessmentStatus Status, AssessmentSchedule Next) Configure(
        TimeSpan interval, TimeSpan firstRunAfter, IfMatch? condition, DateTimeOffset now)
    {
        Bounds.Require(
            interval >= Assessment.MinInterval && interval <= Assessment.MaxInterval,
            $"An interval is from {Assessment.MinInterval} to {Assessment.MaxInterval}.");
        if (!Allows(condition))
        {
            return (ConfigureAssessmentStatus.VersionMismatch, this);
        }

        if (Interval is null)
        {
            return (ConfigureAssessmentStatus.Created, this with
            {
                Interval = interval,
                FirstRunAfter = firstRunAfter,
                Anchor = null,
                NextRunAt = now + firstRunAfter,
                Version = Version + 1,
            });
        }

        return (ConfigureAssessmentStatus.Updated, interval == Interval ? this : this with
        {
            Interval = interval,
            NextRunAt = Anchor is { } anchor ? anchor + interval : NextRunAt,
            Version = Version + 1,
        });
    }

    public (RemoveAssessmentStatus Status, AssessmentSchedule Next) Remove(IfMatch? condition)
    {
        if (!Allows(condition))
        {
            return (RemoveAssessmentStatus.VersionMismatch, this);
        }

        return (RemoveAssessmentStatus.Removed, Interval is null ? this : this with
        {
            Interval = null,
            Anchor = null,
            NextRunAt = null,
            RemovedAfter = LastSequence,
            Version = Version + 1,
        });
    }

    public (StartRunStatus Status, AssessmentSchedule Next) Start(DateTimeOffset now, TimeSpan timeout) => UnderWay is null
        ? (StartRunStatus.Started, Begin(RunTrigger.OnDemand, now, timeout))
        : (StartRunStatus.InProgress, this);

    /// <summary>Ends a run with its results. Recommendations go to the row that <see cref="NextSlot"/> names.</summary>
    public (ReportRunStatus Status, AssessmentSchedule Next) Report(string runId, RunResults results, DateTimeOffset now, IfMatch? condition = null)
    {
        if (Find(runId) is not { } run)
        {
            return (ReportRunStatus.RunNotFound, this);
        }

        if (condition?.Allows(run.Version) == false)
        {
            return (ReportRunStatus.VersionMismatch, this);
        }

        if (run.Status != RunStatus.Running)
        {
            return (run.ResultsHash == results.Hash ? ReportRunStatus.Accepted : ReportRunStatus.RunEnded, this);
        }

        var ended = run.End(results.Succeeded ? RunStatus.Completed : RunStatus.Failed, now < run.StartedAt ? run.StartedAt : now) with
        {
            RecommendationCount = results.Succeeded ? results.Ranked.Length : null,
            Failure = results.Succeeded ? null : RunFailure.Reported,
            ResultsHash = results.Hash,
        };
        var next = Replace(ended);
        return (ReportRunStatus.Accepted, results.Succeeded
            ? next with { RecommendedBy = run.Sequence, RecommendationSlot = NextSlot }
            : next);
    }

    /// <summary>The row whose recommendations are not shown.</summary>
    [JsonIgnore]
    public int NextSlot => RecommendedBy > 0 && RecommendationSlot == 0 ? 1 : 0;

    public StoredRun? Find(string runId) => Runs.FirstOrDefault(run => StoredRun.IdOf(Technology, run.Sequence) == runId);

    public Assessment View() => new(
        Technology,
        Status,
        Interval,
        NextRunAt,
        Runs.IsEmpty ? null : Runs[0].View(Technology),
        Version);

    /// <summary>Returns a page of the runs, newest first. A cursor is the id of the last run on its page.</summary>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    public Page<AssessmentRun> RunsPage(PageRequest page)
    {
        Bounds.Page(page);
        var before = LastSequence + 1;
        if (page.After is { } after
            && (!long.TryParse(after.AsSpan(after.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out before)
                || before < 1 || before > LastSequence || after != StoredRun.IdOf(Technology, before)))
        {
            throw new InvalidCursorException();
        }

        var older = Runs.RemoveAll(run => run.Sequence >= before);
        var items = older[..Math.Min(older.Length, page.Size)];
        return new(
            [.. items.Select(run => run.View(Technology))],
            items.Length < older.Length ? StoredRun.IdOf(Technology, items[^1].Sequence) : null,
            Runs.Length);
    }

    private AssessmentStatus Status => this switch
    {
        { UnderWay: not null } => AssessmentStatus.Running,
        { Runs: [{ Sequence: var last, Status: var status }, ..] } when last > RemovedAfter =>
            status == RunStatus.Completed ? AssessmentStatus.Completed : AssessmentStatus.Failed,
        { Interval: not null } => AssessmentStatus.Scheduled,
        _ => AssessmentStatus.NotConfigured,
    };

    // A version must match what the caller saw, even if that was 'no schedule'. '*' needs a schedule.
    private bool Allows(IfMatch? condition) =>
        condition is not { } required || required.Allows(required.Version is null && Interval is null ? null : Version);

    // If the clock went back, moves times closer that are further away than they could be on a clock that only goes forward.
    private AssessmentSchedule NotBeyond(DateTimeOffset now)
    {
        var next = this;
        if (next.UnderWay is { } run && run.ResultsDueAt > now + run.Timeout)
        {
            next = next.Replace(run with { ResultsDueAt = now + run.Timeout, Version = run.Version + 1 });
        }

        var furthest = now + (next.Anchor is null ? next.FirstRunAfter : next.Interval);
        if (next.NextRunAt > furthest)
        {
            next = next with
            {
                Anchor = next.Anchor is null ? null : now,
                NextRunAt = furthest,
                Version = next.Version + 1,
            };
        }

        return next;
    }

    /// <summary>Marks every due time up to a time as satisfied.</summary>
    private AssessmentSchedule Satisfy(DateTimeOffset until)
    {
        if (!(NextRunAt <= until))
        {
            return this;
        }

        var latest = PassOver(until);
        return latest with
        {
            Anchor = latest.NextRunAt,
            NextRunAt = latest.NextRunAt + Interval,
            Version = latest.Version + 1,
        };
    }

    /// <summary>Skips missed due times up to a time, except the latest one.</summary>
    private AssessmentSchedule PassOver(DateTimeOffset until)
    {
        if (!(NextRunAt <= until))
        {
            return this;
        }

        var missed = (until - NextRunAt.Value).Ticks / Interval!.Value.Ticks;
        return missed == 0 ? this : this with { NextRunAt = NextRunAt + TimeSpan.FromTicks(missed * Interval.Value.Ticks), Version = Version + missed };
    }

    private AssessmentSchedule Begin(RunTrigger trigger, DateTimeOffset now, TimeSpan timeout) => this with
    {
        Runs =
        [
            new()
            {
                Sequence = LastSequence + 1,
                Trigger = trigger,
                StartedAt = now,
                ResultsDueAt = now + timeout,
                Timeout = timeout,
            },
            .. Runs.Take(AssessmentRun.MaxKept - 1),
        ],
        LastSequence = LastSequence + 1,
        Version = Version + 1,
    };

    private AssessmentSchedule Replace(StoredRun newest) => this with { Runs = Runs.SetItem(0, newest), Version = Version + 1 };
}
