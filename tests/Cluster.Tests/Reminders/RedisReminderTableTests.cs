using EngageCenter.Reminders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EngageCenter.Cluster.Tests.Reminders;

public sealed class RedisReminderTableTests(RedisFixture fixture) : ReminderTableTests, IClassFixture<RedisFixture>, IDisposable
{
    private readonly List<IHost> silos = [];

    public void Dispose() => silos.ForEach(silo => silo.Dispose());

    private protected override async Task<IReminderTable> Open(string serviceId)
    {
        var silo = fixture.Silo(serviceId);
        silos.Add(silo);
        var table = silo.Services.GetRequiredService<IReminderTable>();
        Assert.Equal("RedisReminderTable", table.GetType().Name);
        await table.StartAsync();
        return table;
    }
}
