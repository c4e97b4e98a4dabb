namespace EngageCenter.LoadTests;

/// <summary>Starts the operations of a scenario and counts each.</summary>
internal sealed class Generator(Scenario scenario, Tally tally, RunClock clock)
{
    /// <summary>
    /// How long operations may still be started after the last one was due. Otherwise a service that is slower than the rate would
    /// be measured for as long as it takes.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The same limit after the run was interrupted, when somebody waits for its end.</summary>
    public static readonly TimeSpan InterruptedPatience = TimeSpan.FromSeconds(5);

    /// <summary>Returns when every operation that was started has ended.</summary>
    public Task RunAsync(LoadOptions load, CancellationToken stop) =>
        load.PerSecond is { } rate ? OpenAsync(load, rate, stop) : ClosedAsync(load, stop);

    // An operation becomes due even if all places are taken. Then it waits, and its latency counts from when it was due.
    private async Task OpenAsync(LoadOptions load, double rate, CancellationToken stop)
    {
        using var places = new SemaphoreSlim(load.MostUnderWay);
        var random = new Random(load.Seed);
        var (giveUp, isOver) = (load.End + Patience, false);
        foreach (var due in Arrivals.Of(load.Arrivals, rate, load.End, load.Seed))
        {
            if (!isOver)
            {
                await clock.ReachAsync(due, stop);
                if (!places.Wait(0, CancellationToken.None))
                {
                    tally.Waited(due);

                    // This wait is not cancelled: each call of an operation ends within the response timeout.
                    await places.WaitAsync(CancellationToken.None);
                }

                var now = clock.Now;
                if (stop.IsCancellationRequested && now + InterruptedPatience < giveUp)
                {
                    giveUp = now + InterruptedPatience;
                }

                // Operations that were due before the interruption may still start.
                isOver = now > giveUp || (stop.IsCancellationRequested && due > now);
                if (!isOver)
                {
                    _ = PerformInPlaceAsync(scenario.Next(random), due, places);
                    continue;
                }

                places.Release();
            }

            if (due > clock.Now)
            {
                break;
            }

            tally.NeverStarted(scenario.Name);
        }

        for (var place = 0; place < load.MostUnderWay; place++)
        {
            await places.WaitAsync(CancellationToken.None);
        }
    }

    private Task ClosedAsync(LoadOptions load, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, load.MostUnderWay).Select(caller => CallAsync(load, new Random(load.Seed + caller), stop)));

    private async Task CallAsync(LoadOptions load, Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && clock.Now is var due && due < load.End)
        {
            await PerformAsync(scenario.Next(random), due);
        }
    }

    private async Task PerformInPlaceAsync(Operation operation, TimeSpan due, SemaphoreSlim places)
    {
        await PerformAsync(operation, due);
        places.Release();
    }

    private async Task PerformAsync(Operation operation, TimeSpan due)
    {
        tally.Started();
        var started = clock.Now;
        try
        {
            await operation.Act();
            tally.Ended(operation.Kind, due, started, clock.Now);
        }
        catch (Exception fault)
        {
            tally.Failed(operation.Kind, fault);
            operation.Release?.Invoke();
            return;
        }

        try
        {
            await (operation.Confirm?.Invoke() ?? Task.CompletedTask);
        }
        catch (Exception fault)
        {
            tally.NotConfirmed(operation.Kind, fault);
        }

        operation.Release?.Invoke();
    }
}
