using System.Collections.Immutable;

namespace EngageCenter.LoadTests;

public class LoadRunTests
{
    private static readonly LoadOptions load = new(
        100, ArrivalProcess.Constant, 10, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1), Seed: 1);

    [Fact]
    public void Processor_time_covers_the_measured_time_and_is_divided_by_operations()
    {
        // The silos take half a core and the client a quarter. What they took before and during the warm-up does not count.
        var (result, _) = Run(now => [new("silos", (now / 2) + TimeSpan.FromHours(1)), new("client", now / 4)]);

        Assert.Equal(["silos", "client"], result.Processors.Select(p => p.Of));
        Assert.InRange(result.Processors[0].Cores, 0.499, 0.501);
        Assert.InRange(result.Processors[0].Microseconds, 4_950, 5_050);
        Assert.InRange(result.Processors[1].Microseconds, 2_475, 2_525);
    }

    [Fact]
    public void Ended_silo_is_an_error_and_keeps_the_rest_of_the_result()
    {
        var (result, _) = Run(now => now < TimeSpan.FromSeconds(3) ? [new("silos", now)] : throw new SiloEndedException(42));

        Assert.Equal(400, result.Count);
        Assert.Empty(result.Processors);
        Assert.Equal(("silos", 1), (Assert.Single(result.Errors).Operation, result.ErrorCount));
    }

    [Fact]
    public void Progress_is_written_in_each_interval()
    {
        var (result, progress) = Run(_ => []);

        Assert.Equal(6, result.Intervals.Length);
        Assert.All(result.Intervals, i => Assert.InRange(i.PerSecond, 98, 102));
        var lines = progress.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, lines.Length);
        Assert.Equal(2, lines.Count(l => l.Contains("warm-up", StringComparison.Ordinal)));
        Assert.Contains("100/s  p50     5.00 ms  p99     5.00 ms  0 errors", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Interval_without_completed_operations_has_no_times()
    {
        var (result, progress) = Run(_ => [], TimeSpan.FromSeconds(10));

        Assert.All(result.Intervals.Take(6), i => Assert.Equal((0, null, null, 10), (i.PerSecond, i.Median, i.P99, i.UnderWay)));
        Assert.Contains("0/s  p50          ms  p99          ms  0 errors  10 under way", progress, StringComparison.Ordinal);
    }

    private static (RunResult Result, string Progress) Run(
        Func<TimeSpan, ImmutableArray<ProcessorTime>> processors, TimeSpan? serviceTime = null)
    {
        using var progress = new StringWriter { NewLine = "\n" };
        var result = VirtualTime.Run(time =>
        {
            var start = time.GetTimestamp();
            var scenario = new Scenario("test", _ => new("test", () => VirtualTime.Takes(serviceTime ?? TimeSpan.FromMilliseconds(5), time)));
            return new LoadRun(load, progress, time).MeasureAsync(scenario, () => processors(time.GetElapsedTime(start)), CancellationToken.None);
        });
        return (result, progress.ToString());
    }
}
