using EngageCenter.Reminders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EngageCenter.Cluster.Tests.Reminders;

/// <summary>A grain's reminder in a cluster whose silos and whose Redis end and come back.</summary>
public sealed class ReminderTests(RedisFixture fixture) : IClassFixture<RedisFixture>
{
    private readonly string service = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task It_rings_wherever_there_is_a_silo_and_after_all_of_it_was_down()
    {
        using var first = await Start();
        await Bell(first).Wind();
        using var second = await Start();
        await first.StopAsync();

        // Nobody calls the grain.
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
