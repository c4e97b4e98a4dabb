using System.Globalization;
using System.Text.Json.Nodes;
using EngageCenter.LocalEntra;
using EngageCenter.WebApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Service;

/// <summary>
/// The service in this process: a silo on SQLite and the web API on loopback, called over HTTP. LocalEntra publishes the key that
/// <see cref="Tokens"/> signs with, so a test can make tokens for any tenant.
/// </summary>
internal sealed class ServiceInProcess : IAsyncDisposable
{
    private readonly TempFolder folder;
    private readonly WebApplication entra;
    private readonly WebApplication service;

    private ServiceInProcess(TempFolder folder, WebApplication entra, WebApplication service, FaultLog faults)
    {
        (this.folder, this.entra, this.service, Faults) = (folder, entra, service, faults);
        Url = new(service.Urls.Single());
        EntraUrl = new(entra.Urls.Single());
        Tokens = new(File.ReadAllText(KeyFile(folder)), entra.Urls.Single());
    }

    public Uri Url { get; }

    public Uri EntraUrl { get; }

    public Tokens Tokens { get; }

    public FaultLog Faults { get; }

    /// <summary>The file that the silo stores its state in.</summary>
    public string StateFile => StateFileIn(folder);

    public IGrainFactory Grains => service.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Starts the service with an empty store.</summary>
    /// <param name="settings">Settings besides those of a service on loopback, also for LocalEntra. Its directory is empty unless a file is named.</param>
    public static async Task<ServiceInProcess> Start(params IEnumerable<(string Name, string Value)> settings)
    {
        var folder = new TempFolder();
        var entra = LocalEntraHost.Build(["--environment=Development"], builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Warning);
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["LocalEntra:Url"] = "http://127.0.0.1:0",
                ["LocalEntra:DirectoryJson"] = settings.Any(s => s.Name == "LocalEntra:DirectoryFile") ? null : Directory(),
                ["LocalEntra:KeyFile"] = KeyFile(folder),
            });
            builder.Configuration.AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Name, s.Value)));
        });
        await entra.StartAsync();

        var faults = new FaultLog();
        var builder = WebApplication.CreateBuilder(["--environment=Development"]);
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Error).AddProvider(faults);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["WebApi:Url"] = "http://127.0.0.1:0",
            ["AzureAd:Instance"] = $"{entra.Urls.Single()}/",
            ["AzureAd:TenantId"] = "common",
            ["AzureAd:ClientId"] = LocalEntraOptions.DefaultApiClientId,
            ["Storage:SqliteFile"] = StateFileIn(folder),
            ["Orleans:Endpoints:SiloPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
            ["Orleans:Endpoints:GatewayPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Name, s.Value)));
        builder.AddEngageCenterSilo();
        builder.AddEngageCenterWebApi();
        var service = builder.Build();
        service.MapEngageCenterWebApi();
        await service.StartAsync();
        return new(folder, entra, service, faults);
    }

    public async ValueTask DisposeAsync()
    {
        await service.DisposeAsync();
        await entra.DisposeAsync();
        folder.Dispose();
    }

    private static string StateFileIn(TempFolder folder) => folder.File("state.db");

    private static string KeyFile(TempFolder folder) => folder.File("key.pem");

    // LocalEntra needs a tenant, but none of its people call.
    private static string Directory() => new JsonObject
    {
        ["tenants"] = new JsonArray(new JsonObject
        {
            ["tenantId"] = "c0000000-0000-4000-8000-000000000000",
            ["displayName"] = "Contoso",
            ["users"] = new JsonArray(),
            ["groups"] = new JsonArray(),
        }),
        ["applications"] = new JsonArray(),
    }.ToJsonString();
}
