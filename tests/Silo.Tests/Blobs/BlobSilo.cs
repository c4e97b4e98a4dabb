using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Providers;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>The silo as Program.cs composes it, told by configuration alone to keep its state in blobs.</summary>
internal sealed class BlobSilo : IAsyncDisposable
{
    private readonly IHost host;

    private bool started;

    private BlobSilo(IHost host) => this.host = host;

    public IServiceProvider Services => host.Services;

    public IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    public IGrainStorage Storage =>
        host.Services.GetRequiredKeyedService<IGrainStorage>(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME);

    public static Task<BlobSilo> Start(string connectionString) => Start(("ConnectionString", connectionString));

    /// <param name="settings">Of the storage, or of another section where a name begins with a colon.</param>
    public static async Task<BlobSilo> Start(params (string Key, string Value)[] settings)
    {
        var silo = Build(settings);
        await silo.StartAsync();
        return silo;
    }

    public static BlobSilo Build(params (string Key, string Value)[] settings) => Build(null, settings);

    public static BlobSilo Build(Action<IServiceCollection>? services, params (string Key, string Value)[] settings)
    {
        const string storage = "Orleans:GrainStorage:Default:";
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:Endpoints:SiloPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
            ["Orleans:Endpoints:GatewayPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
            [storage + "ProviderType"] = "AzureBlobStorage",

            // They would be in a file.
            ["Orleans:Reminders:ProviderType"] = "Memory",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(s =>
            KeyValuePair.Create(s.Key.StartsWith(':') ? s.Key[1..] : storage + s.Key, (string?)s.Value)));
        services?.Invoke(builder.Services);
        builder.AddEngageCenterSilo();
        return new BlobSilo(builder.Build());
    }

    public async Task StartAsync()
    {
        await host.StartAsync();
        started = true;
    }

    public async ValueTask DisposeAsync()
    {
        // Orleans refuses to stop what did not start.
        if (started)
        {
            await host.StopAsync();
        }

        host.Dispose();
    }
}
