namespace EngageCenter.Assessments;

/// <summary>
/// A second, simple implementation of the rule of <see cref="AssessmentSchedule"/>: it goes through due times and deadlines one
/// by one, in their order.
/// </summary>
internal sealed class NaiveSchedule
{
    public TimeSpan? Interval { get; private set; }

    public DateTimeOffset? Next { get; private set; }

    public List<NaiveRun> Runs { get; private init; } = [];

    /// <summary>The due times that had a scheduled run. A null between them means that the clock went back.</summary>
    public List<DateTimeOffset?> Started { get; private init; } = [];

    private TimeSpan first;
    private DateTimeOffset? lastServed;
    private int removedAfter;

    public NaiveRun? Running => Runs.Find(r => r.Status == RunStatus.Running);

    public AssessmentStatus Status =>
        Running is not null ? AssessmentStatus.Running
        : Runs.Count > removedAfter ? (Runs[^1].Status == RunStatus.Completed ? AssessmentStatus.Completed : AssessmentStatus.Failed)
        : Interval is not null ? AssessmentStatus.Scheduled
        : AssessmentStatus.NotConfigured;

    public NaiveSchedule Copy() => new()
    {
        Interval = Interval,
        Next = Next,
        Runs = [.. Runs.Select(r => r with { })],
        Started = [.. Started],
        first = first,
        lastServed = lastServed,
        removedAfter = removedAfter,
    };

    /// <summary>Lets everything happen up to a time. With a tick, runs that are due start now.</summary>
    public NaiveSchedule MoveTo(DateTimeOffset now, TimeSpan? tick = null)
    {
        if (Running is { } late && late.DueAt - now > late.Given)
        {
            late.DueAt = now + late.Given;
        }

        var longest = lastServed is null ? first : Interval;
        if (Next - now > longest)
        {
            Next = now + longest;
            lastServed = lastServed is null ? null : now;
            Started.Add(null);
        }

        DateTimeOffset? missed = null;
        while (true)
        {
            var due = Next <= now ? Next : null;
            var deadline = Running?.DueAt <= now ? Running.DueAt : (DateTimeOffset?)null;
            if (deadline is not null && !(due < deadline))
            {
                Running!.End(RunStatus.Failed, deadline.Value);
            }
            else if (due is not null)
            {
                if (Running is not null)
                {
                    lastServed = due;
                }
                else
                {
                    missed = due;
                }

                Next = due + Interval;
            }
            else
            {
                break;
            }
        }

        if (missed is not null && tick is { } given)
        {
            Started.Add(missed);
            lastServed = missed;
            Runs.Add(new() { Trigger = RunTrigger.Scheduled, At = now, Given = given, DueAt = now + given });
        }
        else if (missed is not null)
        {
            Next = missed;
        }

        return this;
    }

    public void Configure(TimeSpan interval, TimeSpan firstAfter, DateTimeOffset now)
    {
        if (Interval is null)
        {
            (first, Next, lastServed) = (firstAfter, now + firstAfter, null);
            if (Started.Count > 0 && Started[^1] > now)
            {
                Started.Add(null);
            }
        }
        else if (interval != Interval && lastServed is { } served)
        {
            Next = served + interval;
        }

        Interval = interval;
    }

    public void Remove()
    {
        if (Interval is not null)
        {
            (Interval, Next, lastServed, removedAfter) = (null, null, null, Runs.Count);
        }
    }

    public void Start(DateTimeOffset now, TimeSpan given)
    {
        if (Running is null)
        {
            Runs.Add(new() { Trigger = RunTrigger.OnDemand, At = now, Given = given, DueAt = now + given });
        }
    }

    public void Report(int run, bool succeeded, DateTimeOffset now)
    {
        if (run == Runs.Count && Running is { } running)
        {
            running.End(succeeded ? RunStatus.Completed : RunStatus.Failed, now < running.At ? running.At : now);
        }
    }
}

internal sealed record NaiveRun
{
    public RunTrigger Trigger { get; init; }

    public DateTimeOffset At { get; init; }

    public TimeSpan Given { get; init; }

    public DateTimeOffset DueAt { get; set; }

    public RunStatus Status { get; private set; }

    public DateTimeOffset? EndedAt { get; private set; }

    public void End(RunStatus status, DateTimeOffset at) => (Status, EndedAt) = (status, at);
}
