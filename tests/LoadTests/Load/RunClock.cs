namespace EngageCenter.LoadTests;

/// <summary>Time since a run began.</summary>
internal sealed class RunClock(TimeProvider time)
{
    private readonly long start = time.GetTimestamp();

    public TimeSpan Now => time.GetElapsedTime(start);

    /// <summary>Returns at the moment, or at once when told to stop.</summary>
    public async Task ReachAsync(TimeSpan moment, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && Now is var now && now < moment)
        {
            // An operation is due at a moment, and only the clock tells of it: the machine's in a run, as its figures are of real
            // time, and a virtual one in tests. The moment bounds the wait, and who stops the run cancels it. Timers tick in
            // milliseconds: a shorter delay would be none, and this a loop that takes a core from the silos.
            var delay = TimeSpan.FromMilliseconds(Math.Ceiling((moment - now).TotalMilliseconds));
            await Task.Delay(delay, time, stop).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
