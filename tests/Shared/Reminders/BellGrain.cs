using System.Threading.Channels;

namespace EngageCenter.Reminders;

[Alias("EngageCenter.Tests.IBellGrain")]
internal interface IBellGrain : IGrainWithStringKey
{
    /// <summary>From now on the reminder ticks every second, on whichever silo has it.</summary>
    [Alias("Wind")]
    Task Wind();

    [Alias("Stop")]
    Task Stop();
}

/// <summary>Tells the test when its reminder ticks, through the <see cref="Rings"/> of its silo.</summary>
[GrainType("bell-grain")]
internal sealed class BellGrain(Rings rings) : Grain, IBellGrain, IRemindable
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public Task Wind() => this.RegisterOrUpdateReminder("ring", Period, Period);

    public async Task Stop()
    {
        if (await this.GetReminder("ring") is { } ring)
        {
            await this.UnregisterReminder(ring);
        }
    }

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        rings.Add(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }
}

/// <summary>The ticks on one silo.</summary>
internal sealed class Rings
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly Channel<string> rung = Channel.CreateUnbounded<string>();

    public void Add(string bell) => rung.Writer.TryWrite(bell);

    /// <summary>Returns the key of the next grain whose reminder ticks.</summary>
    public async Task<string> Next()
    {
        using var bound = new CancellationTokenSource(Bound);
        return await rung.Reader.ReadAsync(bound.Token);
    }
}
