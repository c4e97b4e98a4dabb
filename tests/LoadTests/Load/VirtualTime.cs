using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.LoadTests;

/// <summary>
/// Runs asynchronous code on one thread with a clock that advances only when there is nothing else to do, one millisecond at a
/// time. So measured times are exact.
/// </summary>
internal sealed class VirtualTime : SynchronizationContext
{
    private static readonly TimeSpan step = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan bound = TimeSpan.FromMinutes(10);

    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> posted = [];
    private readonly FakeTimeProvider time = new();

    public TimeProvider Time => time;

    /// <summary>
    /// Takes this long in virtual time. No real time passes: <see cref="Run"/> advances the clock, and fails at its time limit.
    /// </summary>
    public static Task Takes(TimeSpan duration, TimeProvider time) => Task.Delay(duration, time);

    public static T Run<T>(Func<TimeProvider, Task<T>> run)
    {
        var (virtualTime, before) = (new VirtualTime(), Current);
        SetSynchronizationContext(virtualTime);
        try
        {
            var task = run(virtualTime.Time);
            for (var passed = TimeSpan.Zero; virtualTime.Work() && !task.IsCompleted; passed += step)
            {
                Assert.True(passed < bound, "It takes too long, in virtual time.");
                virtualTime.time.Advance(step);
            }

            // This does not wait: the loop ends only when the task has completed, or fails at its time limit. It throws what the task
            // threw.
            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state) => posted.Enqueue((d, state));

    private bool Work()
    {
        while (posted.TryDequeue(out var work))
        {
            work.Callback(work.State);
        }

        return true;
    }
}
