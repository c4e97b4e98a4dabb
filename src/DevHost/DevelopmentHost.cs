using System.Net;
using System.Net.Sockets;
using EngageCenter.LocalEntra;
using EngageCenter.Storage;
using EngageCenter.WebApi;

namespace EngageCenter.DevHost;

/// <summary>LocalEntra and, in a second host of the same process, a silo with the web API over it.</summary>
internal sealed class DevelopmentHost : IAsyncDisposable
{
    private readonly WebApplication entra;
    private readonly WebApplication service;

    private DevelopmentHost(WebApplication entra, WebApplication service)
    {
        this.entra = entra;
        this.service = service;
    }

    public Uri EntraUrl => new(entra.Urls.Single());

    public Uri ServiceUrl => new(service.Urls.Single());

    public IConfiguration Configuration => service.Configuration;

    public TimeProvider Time => service.Services.GetRequiredService<TimeProvider>();

    public ILogger Logger => service.Logger;

    public CancellationToken Stopping => service.Lifetime.ApplicationStopping;

    /// <summary>Ends with SIGINT or SIGTERM.</summary>
    public Task Completion => service.WaitForShutdownAsync();

    public static async Task<DevelopmentHost> Start(string[] args)
    {
        var entra = LocalEntraHost.Build(AsDevelopment(args), builder =>
        {
            Quieten(builder);
            builder.Configuration.AddInMemoryCollection(Missing(builder.Configuration, new()
            {
                ["LocalEntra:DirectoryFile"] = Sample.File("contoso.json"),
            }));
        });
        await entra.StartAsync();

        var service = Compose(AsDevelopment(args), entra.Urls.Single());
        var host = new DevelopmentHost(entra, service);
        try
        {
            await service.StartAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>What to say of a fault that is the configuration's, and nothing of one that is ours.</summary>
    public static string? Refusal(Exception e) => e switch
    {
        LocalEntraConfigurationException or StorageFileException => e.Message,
        IOException { InnerException: SocketException or Microsoft.AspNetCore.Connections.AddressInUseException } =>
            $"{e.Message} Set WebApi:Url or LocalEntra:Url to another address.",
        _ => null,
    };

    public async ValueTask DisposeAsync()
    {
        // The service first: it still asks for keys while it drains.
        await service.DisposeAsync();
        await entra.StopAsync();
        await entra.DisposeAsync();
    }

    private static WebApplication Compose(string[] args, string entraUrl)
    {
        var builder = WebApplication.CreateBuilder(args);
        Quieten(builder);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureAd:Instance"] = entraUrl + "/",
            ["AzureAd:TenantId"] = "common",
            ["AzureAd:ClientId"] = builder.Configuration["LocalEntra:ApiClientId"] ?? LocalEntraOptions.DefaultApiClientId,
        });

        // The silo is a cluster of its own that nobody else joins, so any two free ports will do.
        builder.Configuration.AddInMemoryCollection(Missing(builder.Configuration, new()
        {
            ["Orleans:Endpoints:SiloPort"] = FreePort(),
            ["Orleans:Endpoints:GatewayPort"] = FreePort(),

            // After kill -9 the first change of a workspace waits for the sum of the two. There is no other silo here
            // whose leases could be out, so the wait may be short.
            ["Access:Lease"] = "00:00:01",
            ["Access:Authority"] = "00:00:01",
        }));

        builder.AddEngageCenterSilo();
        builder.AddEngageCenterWebApi();
        var app = builder.Build();
        app.MapEngageCenterWebApi();
        return app;
    }

    // Unless the environment says otherwise, which LocalEntra then refuses.
    private static string[] AsDevelopment(string[] args) =>
        Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") is null && Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") is null
            ? [.. args, "--environment=Development"]
            : args;

    // The console is for the welcome and for warnings.
    private static void Quieten(WebApplicationBuilder builder)
    {
        if (!builder.Configuration.GetSection("Logging").Exists())
        {
            builder.Logging.SetMinimumLevel(LogLevel.Warning);

            // Its first look always says that it comes late, by as long as the machine has been up.
            builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        }
    }

    private static IEnumerable<KeyValuePair<string, string?>> Missing(ConfigurationManager configuration, Dictionary<string, string?> defaults) =>
        defaults.Where(d => string.IsNullOrWhiteSpace(configuration[d.Key]));

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
