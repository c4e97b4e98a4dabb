using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Providers;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Storage;

/// <summary>A silo composed as in Program.cs, on its own ports.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private readonly IHost host;

    private bool started;

    private TestSilo(IHost host) => this.host = host;

    public IServiceProvider Services => host.Services;

    public IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    public IGrainStorage Storage =>
        host.Services.GetRequiredKeyedService<IGrainStorage>(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME);

    public static async Task<TestSilo> Start(string file, params (string Key, string Value)[] settings)
    {
        var silo = Build(file, settings);
        await silo.StartAsync();
        return silo;
    }

    public static TestSilo Build(string file, params (string Key, string Value)[] settings) => Build(file, _ => { }, settings);

    /// <param name="configure">Runs after the silo's own services are added.</param>
    public static TestSilo Build(string file, Action<IServiceCollection> configure, params (string Key, string Value)[] settings) =>
        Compose(_ => { }, configure, [("Storage:SqliteFile", file), .. settings]);

    /// <param name="before">Adds services before the silo's own.</param>
    public static TestSilo Compose(Action<IServiceCollection> before, Action<IServiceCollection> after, params IEnumerable<(string Key, string Value)> settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:Endpoints:SiloPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
            // With settings of a cluster, Orleans listens on an address of the machine's network, where TLS is required.
            ["Orleans:Endpoints:AdvertisedIPAddress"] = "127.0.0.1",
            ["Orleans:Endpoints:GatewayPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        });
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value));
        before(builder.Services);
        builder.AddEngageCenterSilo();
        after(builder.Services);
        return new TestSilo(builder.Build());
    }

    public async Task StartAsync()
    {
        await host.StartAsync();
        started = true;
    }

    public async ValueTask DisposeAsync()
    {
        // Orleans refuses to stop a silo that has not started.
        if (started)
        {
            await host.StopAsync();
        }

        host.Dispose();
    }
}
