namespace EngageCenter.LoadTests;

/// <summary>The time since a run began.</summary>
internal sealed class RunClock(TimeProvider time)
{
    private readonly long start = time.GetTimestamp();

    public TimeSpan Now => time.GetElapsedTime(start);

    /// <summary>Returns at a given time, or at once when the run is stopped.</summary>
    public async Task ReachAsync(TimeSpan moment, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && Now is var now && now < moment)
        {
            // Operations are due at times, so this waits for the clock: the machine's clock in a run, because its figures are real times,
            // and a virtual one in tests. The given time bounds the wait, and stopping the run cancels it. Timers tick in milliseconds: a
            // shorter delay would be no delay, and this loop would take a core from the silos.
            var delay = TimeSpan.FromMilliseconds(Math.Ceiling((moment - now).TotalMilliseconds));
            await Task.Delay(delay, time, stop).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
