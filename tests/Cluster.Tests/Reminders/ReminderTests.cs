using EngageCenter.Reminders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EngageCenter.Cluster.Tests.Reminders;

/// <summary>A grain's reminder while silos and Redis stop and start again.</summary>
public sealed class ReminderTests(RedisFixture fixture) : IClassFixture<RedisFixture>
{
    private readonly string service = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Reminder_ticks_on_any_silo_and_after_all_silos_and_Redis_were_down()
    {
        using var first = await Start();
        await Bell(first).Wind();
        using var second = await Start();
        await first.StopAsync();

        // Nobody calls the grain; only the reminder can activate it.
        Assert.Equal("tower", await Rung(second));

        await second.StopAsync();
        await fixture.Redis.Kill();
        await fixture.Redis.Relaunch();
        using var third = await Start();
        Assert.Equal("tower", await Rung(third));

        await Bell(third).Stop();
        Assert.Empty((await third.Services.GetRequiredService<IReminderTable>().ReadRows(0, 0)).Reminders);
        await third.StopAsync();
    }

    private static IBellGrain Bell(IHost silo) => silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IBellGrain>("tower");

    private static Task<string> Rung(IHost silo) => silo.Services.GetRequiredService<Rings>().Next();

    private async Task<IHost> Start()
    {
        var silo = fixture.Silo(service);
        await silo.StartAsync();
        return silo;
    }
}
