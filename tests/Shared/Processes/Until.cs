using System.Diagnostics;

namespace EngageCenter;

/// <summary>Waits for a condition by asking repeatedly, within a time limit.</summary>
internal static class Until
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    public static Task True(Func<Task<bool>> condition, TimeSpan bound, string what) => True(condition, bound, () => what);

    /// <param name="what">Describes what was waited for, as of the time when the limit is reached.</param>
    public static async Task True(Func<Task<bool>> condition, TimeSpan bound, Func<string> what)
    {
        var since = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Interval);
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(since) > bound)
            {
                throw new TimeoutException($"Not within {bound.TotalSeconds:0} s: {what()}");
            }

            await timer.WaitForNextTickAsync();
        }
    }
}
