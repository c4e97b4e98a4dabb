using System.Collections.Immutable;
using HdrHistogram;

namespace EngageCenter.LoadTests;

/// <summary>Counts what operations did. Times are counted from the start of the run.</summary>
/// <param name="measuredFrom">What is due earlier warms up and is in no percentile; its errors count like all others.</param>
internal sealed class Tally(TimeSpan measuredFrom)
{
    /// <summary>Exceptions differ by their type, so this is only reached when something is odd. Then the rest is counted as one.</summary>
    private const int MaxErrors = 50;

    /// <summary>Of the first message of each error.</summary>
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

    /// <summary>It was due while as many as are allowed were under way. What it waits is in its latency.</summary>
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

    /// <summary>It ended well, and then something did not hold that has to.</summary>
    public void NotConfirmed(string kind, Exception fault)
    {
        lock (gate)
        {
            Count($"{kind}, confirming", fault.GetType().Name, fault.Message, fault is WrongAnswerException);
        }
    }

    /// <summary>It was due, and the run ended before its turn came.</summary>
    public void NeverStarted(string scenario)
    {
        lock (gate)
        {
            Count(scenario, "NeverStarted", "It was due, and waited for others to end until the run was over.", isWrong: false);
        }
    }

    /// <summary>Since the last call. Times are null where nothing ended.</summary>
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

    /// <param name="end">When the last operation was due at the latest.</param>
    public Tallied Take(TimeSpan end)
    {
        lock (gate)
        {
            // Where operations had to wait, the last ones ended after the time in which they were due.
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

/// <param name="Length">In which the counted operations were done.</param>
/// <param name="Waited">Operations that were due while as many as are allowed were under way.</param>
internal sealed record Tallied(
    TimeSpan Length, ImmutableArray<OperationResult> Operations, ImmutableArray<ErrorCount> Errors, long Waited);
