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
    public void Without_trouble_all_that_is_due_is_served_at_once()
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

    // The service stands still for a second. 100 arrivals fall into it, and each waited for what was left of it: of 900
    // the slowest hundredth, 9, waited for 0.91 s and more.
    [Fact]
    public void Who_was_due_during_a_stall_is_counted_from_when_they_were_due()
    {
        var (tallied, _) = Run(open, Stalling);

        var operation = Assert.Single(tallied.Operations);
        Assert.Equal(900, operation.Count);
        Near(1, operation.Latency.P50);
        Near(911, operation.Latency.P99);
        Near(1_001, operation.Latency.Max);
        Assert.Equal(0, tallied.Waited);
    }

    // The same where nothing more could be started meanwhile: those that were not are not forgotten.
    [Fact]
    public void Who_had_to_wait_for_a_place_is_counted_from_when_they_were_due()
    {
        var (tallied, _) = Run(open with { MostUnderWay = 1 }, Stalling);

        var operation = Assert.Single(tallied.Operations);
        Assert.Equal(900, operation.Count);
        Assert.InRange(tallied.Waited, 100, 112);
        Assert.InRange(operation.Latency.P99, 900, 935);
        Near(1_001, operation.Latency.Max);

        // They were served fast when their turn came, which is all that a closed loop sees.
        Near(1, operation.Service.P99);
        Assert.InRange(operation.Delay.P99, 900, 935);
    }

    [Fact]
    public void A_closed_loop_leaves_out_what_an_open_one_counts()
    {
        var (tallied, _) = Run(closed, Stalling);

        var operation = Assert.Single(tallied.Operations);
        Near(1, operation.Latency.P999);
        Near(1_001, operation.Latency.Max);
        Assert.Equal(operation.Latency, operation.Service);
        Assert.Equal(Exactly(0), operation.Delay);
    }

    [Fact]
    public void A_closed_loop_has_as_many_under_way_as_it_has_callers()
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
    public void A_rate_that_the_service_cannot_keep_up_with_ends_in_time_and_says_what_was_never_started()
    {
        var (tallied, ended) = Run(open with { MostUnderWay = 2 }, (_, time) => new("slow", () => VirtualTime.Takes(TimeSpan.FromSeconds(1), time)));

        Assert.InRange(ended, open.End + Generator.Patience, open.End + Generator.Patience + TimeSpan.FromSeconds(2));
        var never = Assert.Single(tallied.Errors);
        Assert.Equal(("NeverStarted", false), (never.Error, never.IsWrong));

        // 1,000 were due. In one place one was started at 0 s, 1 s and so on to 70 s, in the other just after 0 s to 69 s. Of
        // those, the 100 that were due in the first second warmed up.
        Assert.Equal(71 + 70, 1_000 - never.Count);
        var operation = Assert.Single(tallied.Operations);
        Assert.Equal(71 + 70 - 100, operation.Count);
        Assert.InRange(operation.PerSecond, 0.5, 2);
    }

    [Fact]
    public void Who_is_told_to_stop_waits_for_what_is_under_way()
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
    public void What_was_due_before_somebody_stopped_it_has_its_turn_for_a_while()
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

        // Four until 4 s, when it is stopped, and one each second for 5 s more; by then 900 are due, and those due in the
        // first second, all that had their turn, warmed up.
        Assert.InRange(ended, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(10.1));
        Assert.Empty(tallied.Operations);
        Assert.InRange(Assert.Single(tallied.Errors, e => e.Error == "NeverStarted").Count, 880, 1_000);
    }

    [Fact]
    public void Every_error_is_counted_by_its_kind_and_is_in_no_percentile()
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

        // Of all 1,000, those that warmed up included; in percentiles 900 less 9 + 81.
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
        // Virtual time begins with the run, at a round year.
        var now = time.GetUtcNow() - new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await VirtualTime.Takes(now >= stallBegins && now < stallEnds ? stallEnds - now + serviceTime : serviceTime, time);
    });

    private static Percentiles Exactly(double milliseconds) => new(milliseconds, milliseconds, milliseconds, milliseconds, milliseconds);

    // To the three digits that are kept.
    private static void Near(double expected, double actual) => Assert.InRange(actual, expected * 0.999, expected * 1.001);
}
