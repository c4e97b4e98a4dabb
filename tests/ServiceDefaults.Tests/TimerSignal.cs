using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.ServiceDefaults.Tests;

/// <summary>
/// A clock that signals when somebody starts to wait. Time that is advanced before does not count for that wait.
/// </summary>
internal sealed class TimerSignal : FakeTimeProvider
{
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(30);

    private readonly Channel<TimeSpan> waits = Channel.CreateUnbounded<TimeSpan>();

    public TimerSignal()
    {
    }

    public TimerSignal(DateTimeOffset now)
        : base(now)
    {
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        waits.Writer.TryWrite(dueTime);
        return timer;
    }

    public async Task Waits(TimeSpan length)
    {
        while (await waits.Reader.ReadAsync().AsTask().WaitAsync(bound) != length)
        {
        }
    }
}
