using System.Collections.Immutable;

namespace EngageCenter.LoadTests;

/// <summary>Runs one scenario and writes its progress.</summary>
internal sealed class LoadRun(LoadOptions load, TextWriter progress, TimeProvider time)
{
    /// <param name="processors">Returns the processor time that silos and client have taken so far.</param>
    public async Task<RunResult> MeasureAsync(
        Scenario scenario, Func<ImmutableArray<ProcessorTime>> processors, CancellationToken stop)
    {
        var clock = new RunClock(time);
        var tally = new Tally(load.WarmUp);
        var intervals = ImmutableArray.CreateBuilder<IntervalResult>();
        using var ended = new CancellationTokenSource();

        var before = SampleAsync(clock, processors, ended.Token);
        var watching = WatchAsync(scenario.Name, clock, tally, intervals, ended.Token);
        await new Generator(scenario, tally, clock).RunAsync(load, stop);

        var end = clock.Now;
        ended.Cancel();
        await watching;
        var tallied = tally.Take(stop.IsCancellationRequested && end < load.End ? end : load.End);
        var result = new RunResult(
            scenario.Name, load.ToString(), load.PerSecond is not null, tallied.Length.TotalSeconds, tallied.Operations, tallied.Errors, tallied.Waited,
            stop.IsCancellationRequested, [], intervals.ToImmutable());
        try
        {
            return result with { Processors = Use(await before, (end, processors()), result.Count) };
        }
        catch (SiloEndedException fault)
        {
            return result with { Errors = result.Errors.Add(new("silos", nameof(SiloEndedException), 1, fault.Message, false)) };
        }
    }

    private static ImmutableArray<ProcessorUse> Use(
        (TimeSpan At, ImmutableArray<ProcessorTime> Taken) first, (TimeSpan At, ImmutableArray<ProcessorTime> Taken) last, long operations)
    {
        var elapsed = last.At - first.At;
        return operations == 0 || elapsed <= TimeSpan.Zero
            ? []
            : [.. first.Taken.Zip(last.Taken, (before, after) => new ProcessorUse(
                after.Of, (after.Taken - before.Taken).TotalMicroseconds / operations, (after.Taken - before.Taken) / elapsed))];
    }

    private async Task<(TimeSpan At, ImmutableArray<ProcessorTime> Taken)> SampleAsync(
        RunClock clock, Func<ImmutableArray<ProcessorTime>> processors, CancellationToken ended)
    {
        await clock.ReachAsync(load.WarmUp, ended);
        return (clock.Now, processors());
    }

    private async Task WatchAsync(
        string scenario, RunClock clock, Tally tally, ImmutableArray<IntervalResult>.Builder intervals, CancellationToken ended)
    {
        var from = TimeSpan.Zero;
        for (var next = load.Interval; !ended.IsCancellationRequested; next += load.Interval)
        {
            await clock.ReachAsync(next, ended);
            var (now, taken) = (clock.Now, tally.TakeInterval());
            if (now - from < load.Interval / 2)
            {
                // The rest at the end is too short for a rate.
                continue;
            }

            var interval = new IntervalResult(
                now.TotalSeconds, taken.Operations / (now - from).TotalSeconds, taken.Median, taken.P99, taken.Errors, taken.UnderWay);
            intervals.Add(interval);
            await progress.WriteLineAsync(
                $"{scenario,-13} {interval.Second,6:F1} s {((from + now) / 2 < load.WarmUp ? "warm-up" : "       ")} {interval.PerSecond,8:F0}/s "
                + $" p50 {interval.Median,8:F2} ms  p99 {interval.P99,8:F2} ms  {interval.Errors} errors  {interval.UnderWay} under way");
            from = now;
        }
    }
}
