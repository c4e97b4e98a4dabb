using System.Globalization;
using System.Net;
using EngageCenter.Reminders;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EngageCenter.Cluster.Tests.Reminders;

/// <summary>A Redis server, and silos in this process that use it for clustering. Reminders have no settings of their own.</summary>
public sealed class RedisFixture : IAsyncLifetime, IDisposable
{
    private readonly TempFolder folder = new();

    internal Redis Redis { get; private set; } = null!;

    public async Task InitializeAsync() => Redis = await Redis.Start(folder.Folder("redis"), Place.Loopback);

    public async Task DisposeAsync() => await Redis.DisposeAsync();

    public void Dispose() => folder.Dispose();

    /// <summary>Creates a silo without starting it.</summary>
    internal IHost Silo(string serviceId)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:ServiceId"] = serviceId,
            ["Orleans:ClusterId"] = serviceId,
            ["Orleans:Clustering:ProviderType"] = "Redis",
            ["Orleans:Clustering:ConnectionString"] = Redis.ConnectionString,
            ["Orleans:Endpoints:AdvertisedIPAddress"] = IPAddress.Loopback.ToString(),
            ["Orleans:Endpoints:SiloPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
            ["Orleans:Endpoints:GatewayPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
            ["Orleans:GrainStorage:Default:ProviderType"] = "Memory",
        });
        builder.AddEngageCenterSilo();
        builder.Services.AddSingleton<Rings>().Configure<ReminderOptions>(options => options.MinimumReminderPeriod = BellGrain.Period);
        return builder.Build();
    }
}
