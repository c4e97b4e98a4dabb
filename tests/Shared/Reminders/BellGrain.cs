using System.Threading.Channels;

namespace EngageCenter.Reminders;

[Alias("EngageCenter.Tests.IBellGrain")]
internal interface IBellGrain : IGrainWithStringKey
{
    /// <summary>From now on it rings every second, whichever silo has it.</summary>
    [Alias("Wind")]
    Task Wind();

    [Alias("Stop")]
    Task Stop();
}

/// <summary>Tells the test, by the <see cref="Rings"/> of the silo that it is on, when its reminder ticks.</summary>
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

/// <summary>The bells that rang on one silo.</summary>
internal sealed class Rings
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly Channel<string> rung = Channel.CreateUnbounded<string>();

    public void Add(string bell) => rung.Writer.TryWrite(bell);

    /// <summary>The key of the bell that rings next.</summary>
    public async Task<string> Next()
    {
        using var bound = new CancellationTokenSource(Bound);
        return await rung.Reader.ReadAsync(bound.Token);
    }
}
