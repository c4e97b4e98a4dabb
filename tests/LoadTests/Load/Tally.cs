using System.Collections.Immutable;
using HdrHistogram;

namespace EngageCenter.LoadTests;

/// <summary>Counts the results of operations. Times are counted from the start of the run.</summary>
/// <param name="measuredFrom">Operations that are due earlier are warm-up and in no percentile. Their errors count.</param>
internal sealed class Tally(TimeSpan measuredFrom)
{
    /// <summary>The most kinds of errors. Exceptions are counted by type, so more are unusual; the rest is counted together.</summary>
    private const int MaxErrors = 50;

    /// <summary>The greatest length of an error's first message.</summary>
    private const int MaxMessageLength = 300;

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Timed> kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Kind, string Error), ErrorCount> errors = [];
    private readonly LongHistogram interval = Timed.NewHistogram();
    private long intervalErrors;
    private long underWay;
    private long waited;
    private TimeSpan lastEnd;

    public void Started()
    {
        lock (gate)
        {
            underWay++;
        }
    }

    /// <summary>An operation was due while the most allowed were running. Its latency includes the wait.</summary>
    public void Waited(TimeSpan due)
    {
        lock (gate)
        {
            waited += due >= measuredFrom ? 1 : 0;
        }
    }

    public void Ended(string kind, TimeSpan due, TimeSpan started, TimeSpan ended)
    {
        lock (gate)
        {
            underWay--;
            Timed.Record(interval, ended - due);
            if (due < measuredFrom)
            {
                return;
            }

            if (!kinds.TryGetValue(kind, out var timed))
            {
                kinds.Add(kind, timed = new());
            }

            timed.Record(due, started, ended);
            lastEnd = ended > lastEnd ? ended : lastEnd;
        }
    }

    public void Failed(string kind, Exception fault)
    {
        lock (gate)
        {
            underWay--;
            Count(kind, fault.GetType().Name, fault.Message, fault is WrongAnswerException);
        }
    }

    /// <summary>An operation succeeded, but then something did not hold that must.</summary>
    public void NotConfirmed(string kind, Exception fault)
    {
        lock (gate)
        {
            Count($"{kind}, confirming", fault.GetType().Name, fault.Message, fault is WrongAnswerException);
        }
    }

    /// <summary>An operation was due, but the run ended before it started.</summary>
    public void NeverStarted(string scenario)
    {
        lock (gate)
        {
            Count(scenario, "NeverStarted", "It was due, and waited for others to end until the run was over.", isWrong: false);
        }
    }

    /// <summary>Returns the figures since the last call. Times are null if no operation ended.</summary>
    public (long Operations, double? Median, double? P99, long Errors, long UnderWay) TakeInterval()
    {
        lock (gate)
        {
            var any = interval.TotalCount > 0;
            var taken = (
                interval.TotalCount,
                any ? Timed.Milliseconds(interval.GetValueAtPercentile(50)) : (double?)null,
                any ? Timed.Milliseconds(interval.GetValueAtPercentile(99)) : (double?)null,
                intervalErrors, underWay);
            interval.Reset();
            intervalErrors = 0;
            return taken;
        }
    }

    /// <param name="end">The latest time at which an operation was due.</param>
    public Tallied Take(TimeSpan end)
    {
        lock (gate)
        {
            // If operations had to wait, the last ones ended after the time in which they were due.
            var length = (lastEnd > end ? lastEnd : end) - measuredFrom;
            return new(
                length > TimeSpan.Zero ? length : TimeSpan.Zero,
                [.. kinds.Select(k => k.Value.Measured(k.Key, length))],
                [.. errors.Values.OrderBy(e => e.Operation, StringComparer.Ordinal).ThenBy(e => e.Error, StringComparer.Ordinal)],
                waited);
        }
    }

    private void Count(string kind, string error, string message, bool isWrong)
    {
        intervalErrors++;
        var key = errors.Count < MaxErrors || errors.ContainsKey((kind, error)) ? (kind, error) : ("any", "Others");
        errors[key] = errors.TryGetValue(key, out var known)
            ? known with { Count = known.Count + 1, IsWrong = known.IsWrong || isWrong }
            : new(key.Item1, key.Item2, 1, message.Length <= MaxMessageLength ? message : message[..MaxMessageLength] + "…", isWrong);
    }
}

/// <param name="Length">The time in which the counted operations were done.</param>
/// <param name="Waited">Operations that were due while the most allowed were running.</param>
internal sealed record Tallied(
    TimeSpan Length, ImmutableArray<OperationResult> Operations, ImmutableArray<ErrorCount> Errors, long Waited);
