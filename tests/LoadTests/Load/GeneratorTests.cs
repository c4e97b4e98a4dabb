namespace EngageCenter.LoadTests;

public class GeneratorTests
{
    private static readonly TimeSpan serviceTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan stallBegins = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan stallEnds = TimeSpan.FromSeconds(3);

    private static readonly LoadOptions open = new(
        100, ArrivalProcess.Constant, 200, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(1), Seed: 1);

    private static readonly LoadOptions closed = open with { PerSecond = null, MostUnderWay = 1 };

    [Fact]
    public void Due_operations_start_at_once_without_a_stall()
    {
        var (tallied, _) = Run(open, Steady);

        var operation = Assert.Single(tallied.Operations);
        Assert.Equal(("steady", 900, 100), (operation.Kind, operation.Count, operation.PerSecond));
        Assert.Equal(Exactly(1), operation.Latency);
        Assert.Equal(Exactly(1), operation.Service);
        Assert.Equal(Exactly(0), operation.Delay);
        Assert.Empty(tallied.Errors);
        Assert.Equal(0, tallied.Waited);
    }

    // The service stands still for a second. 100 arrivals fall into it, and each waits for the rest of it. So the slowest
    // hundredth of 900 operations, 9 of them, waited 0.91 s or more.
    [Fact]
    public void Latency_during_a_stall_is_counted_from_the_due_time()
    {
        var (tallied, _) = Run(open, Stalling);

        var operation = Assert.Single(tallied.Operations);
        Assert.Equal(900, operation.Count);
        Near(1, operation.Latency.P50);
        Near(911, operation.Latency.P99);
        Near(1_001, operation.Latency.Max);
        Assert.Equal(0, tallied.Waited);
    }

    // The same with all places taken, so that no operation can start during the stall. None of them is forgotten.
    [Fact]
    public void Latency_after_waiting_for_a_place_is_counted_from_the_due_time()
    {
        var (tallied, _) = Run(open with { MostUnderWay = 1 }, Stalling);

        var operation = Assert.Single(tallied.Operations);
        Assert.Equal(900, operation.Count);
        Assert.InRange(tallied.Waited, 100, 112);
        Assert.InRange(operation.Latency.P99, 900, 935);
        Near(1_001, operation.Latency.Max);

        // They were served fast once they had started, and a closed loop sees only that.
        Near(1, operation.Service.P99);
        Assert.InRange(operation.Delay.P99, 900, 935);
    }

    [Fact]
    public void Closed_loop_does_not_count_the_wait_that_an_open_loop_counts()
    {
        var (tallied, _) = Run(closed, Stalling);

        var operation = Assert.Single(tallied.Operations);
        Near(1, operation.Latency.P999);
        Near(1_001, operation.Latency.Max);
        Assert.Equal(operation.Latency, operation.Service);
        Assert.Equal(Exactly(0), operation.Delay);
    }

    [Fact]
    public void Closed_loop_has_one_operation_for_each_caller()
    {
        var (underWay, most) = (0, 0);
        var (tallied, _) = Run(closed with { MostUnderWay = 7 }, (_, time) => new("counted", async () =>
        {
            most = Math.Max(most, ++underWay);
            await VirtualTime.Takes(serviceTime, time);
            underWay--;
        }));

        Assert.Equal(7, most);
        Assert.Equal(7 * 9_000, Assert.Single(tallied.Operations).Count);
    }

    [Fact]
    public void Too_high_rate_ends_in_time_and_reports_operations_never_started()
    {
        var (tallied, ended) = Run(open with { MostUnderWay = 2 }, (_, time) => new("slow", () => VirtualTime.Takes(TimeSpan.FromSeconds(1), time)));

        Assert.InRange(ended, open.End + Generator.Patience, open.End + Generator.Patience + TimeSpan.FromSeconds(2));
        var never = Assert.Single(tallied.Errors);
        Assert.Equal(("NeverStarted", false), (never.Error, never.IsWrong));

        // 1,000 operations were due. One place started one at 0 s, 1 s and so on to 70 s, the other just after 0 s to 69 s. The 100
        // that were due in the first second were warm-up.
        Assert.Equal(71 + 70, 1_000 - never.Count);
        var operation = Assert.Single(tallied.Operations);
        Assert.Equal(71 + 70 - 100, operation.Count);
        Assert.InRange(operation.PerSecond, 0.5, 2);
    }

    [Fact]
    public void Stopped_run_waits_for_started_operations()
    {
        using var stop = new CancellationTokenSource();
        var (tallied, ended) = Run(open, (n, time) =>
        {
            if (n == 500)
            {
                stop.Cancel();
            }

            return new("long", () => VirtualTime.Takes(TimeSpan.FromMilliseconds(300), time));
        }, stop.Token);

        Assert.InRange(ended, TimeSpan.FromSeconds(5.3), TimeSpan.FromSeconds(5.32));
        Assert.InRange(Assert.Single(tallied.Operations).Count, 400, 402);
        Assert.Empty(tallied.Errors);
    }

    [Fact]
    public void Operations_due_before_the_stop_still_start_for_a_limited_time()
    {
        using var stop = new CancellationTokenSource();
        var (tallied, ended) = Run(open with { MostUnderWay = 1 }, (n, time) => new("slow", async () =>
        {
            await VirtualTime.Takes(TimeSpan.FromSeconds(1), time);
            if (n == 3)
            {
                stop.Cancel();
            }
        }), stop.Token);

        // Four operations started until the stop at 4 s, and one each second for 5 s after it. By then 900 were due, and all that
        // had started were due in the first second, which is warm-up.
        Assert.InRange(ended, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(10.1));
        Assert.Empty(tallied.Operations);
        Assert.InRange(Assert.Single(tallied.Errors, e => e.Error == "NeverStarted").Count, 880, 1_000);
    }

    [Fact]
    public void Errors_are_counted_by_kind_and_are_in_no_percentile()
    {
        var released = 0;
        var (tallied, _) = Run(open, (n, time) => new(
            n % 2 == 0 ? "even" : "odd",
            async () =>
            {
                await VirtualTime.Takes(serviceTime, time);
                if (n % 10 == 0)
                {
                    throw n % 100 == 0 ? new WrongAnswerException($"Wrong {n}") : new TimeoutException($"Late {n}");
                }
            },
            () => n % 50 == 1 ? throw new WrongAnswerException($"Not confirmed {n}") : Task.CompletedTask,
            () => released++));

        // Errors count over all 1,000, including the warm-up. The percentiles have 900 less 9 + 81.
        Assert.Equal(
            [("even", "TimeoutException", 90, "Late 10", false), ("even", "WrongAnswerException", 10, "Wrong 0", true), ("odd, confirming", "WrongAnswerException", 20, "Not confirmed 1", true)],
            tallied.Errors.Select(e => (e.Operation, e.Error, e.Count, e.First, e.IsWrong)));
        Assert.Equal([("even", 360L), ("odd", 450L)], tallied.Operations.Select(o => (o.Kind, o.Count)));
        Assert.Equal(1_000, released);
    }

    private static (Tallied Tallied, TimeSpan Ended) Run(LoadOptions load, Func<int, TimeProvider, Operation> next, CancellationToken stop = default) =>
        VirtualTime.Run(async time =>
        {
            var (clock, tally, number) = (new RunClock(time), new Tally(load.WarmUp), 0);
            await new Generator(new("test", _ => next(number++, time)), tally, clock).RunAsync(load, stop);
            var ended = clock.Now;
            return (tally.Take(stop.IsCancellationRequested ? ended : load.End), ended);
        });

    private static Operation Steady(int number, TimeProvider time) => new("steady", () => VirtualTime.Takes(serviceTime, time));

    private static Operation Stalling(int number, TimeProvider time) => new("stalling", async () =>
    {
        // Virtual time starts with the run, at the beginning of a year.
        var now = time.GetUtcNow() - new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await VirtualTime.Takes(now >= stallBegins && now < stallEnds ? stallEnds - now + serviceTime : serviceTime, time);
    });

    private static Percentiles Exactly(double milliseconds) => new(milliseconds, milliseconds, milliseconds, milliseconds, milliseconds);

    // Equal to the three digits that are kept.
    private static void Near(double expected, double actual) => Assert.InRange(actual, expected * 0.999, expected * 1.001);
}
