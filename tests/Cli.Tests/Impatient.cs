namespace EngageCenter.Cli.Tests;

/// <summary>A clock on which every wait is over at once, and is noted.</summary>
internal sealed class Impatient : TimeProvider
{
    public List<TimeSpan> Waits { get; } = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Waits.Add(dueTime);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
