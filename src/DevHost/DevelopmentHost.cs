using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using EngageCenter.LocalEntra;
using EngageCenter.Storage;
using EngageCenter.WebApi;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EngageCenter.DevHost;

/// <summary>
/// Runs LocalEntra, a silo with the web API, and the portal in one process. The silo and the web API share a host; the
/// others have a host each.
/// </summary>
internal sealed class DevelopmentHost : IAsyncDisposable
{
    private readonly WebApplication entra;
    private readonly WebApplication service;
    private readonly WebApplication? portal;

    private DevelopmentHost(WebApplication entra, WebApplication service, WebApplication? portal)
    {
        this.entra = entra;
        this.service = service;
        this.portal = portal;
        WantsSample = IsWanted(service.Configuration, "DevHost:Sample");
    }

    public Uri EntraUrl => LocalEntraHost.AddressesOf(entra).Http;

    public Uri ServiceUrl => new(service.Urls.Single());

    /// <summary>Null if the portal is switched off.</summary>
    public Uri? PortalUrl => portal is null ? null : new(portal.Urls.First());

    public IConfiguration Configuration => service.Configuration;

    public TimeProvider Time => service.Services.GetRequiredService<TimeProvider>();

    public ILogger Logger => service.Logger;

    public CancellationToken Stopping => service.Lifetime.ApplicationStopping;

    /// <summary>Whether to set up the sample organization.</summary>
    public bool WantsSample { get; }

    /// <summary>Sets up the sample organization, if it is wanted. The host is ready only after this.</summary>
    /// <returns>Whether the sample organization exists.</returns>
    public async Task<bool> SetUpSample()
    {
        var isSample = await Sample.SetUp(this);
        service.Services.GetRequiredService<SampleHealth>().IsSettled = true;
        return isSample;
    }

    /// <summary>Completes after SIGINT or SIGTERM.</summary>
    public Task Completion => service.WaitForShutdownAsync();

    public static async Task<DevelopmentHost> Start(string[] args)
    {
        var secret = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var entra = LocalEntraHost.Build(AsDevelopment(args), builder =>
        {
            Quieten(builder);
            builder.Configuration.AddInMemoryCollection([new("LocalEntra:ApiClientSecret", secret)]);
            builder.Configuration.AddInMemoryCollection(Missing(builder.Configuration, new()
            {
                ["LocalEntra:DirectoryFile"] = Sample.File("contoso.json"),

                // The portal's server asks here for tokens. No browser uses the address, so any free port will do.
                ["LocalEntra:HttpsUrl"] = IsWanted(builder.Configuration, PortalComposition.Wanted) ? "https://127.0.0.1:0" : null,
            }));
        });
        try
        {
            await entra.StartAsync();
            return await Start(args, entra, Compose(AsDevelopment(args), LocalEntraHost.AddressesOf(entra).Http.ToString(), secret));
        }
        catch
        {
            await entra.DisposeAsync();
            throw;
        }
    }

    private static async Task<DevelopmentHost> Start(string[] args, WebApplication entra, WebApplication service)
    {
        WebApplication? portal = null;
        DevelopmentHost host;
        try
        {
            await service.StartAsync();
            portal = IsWanted(service.Configuration, PortalComposition.Wanted)
                ? PortalComposition.Compose(AsDevelopment(args), LocalEntraHost.AddressesOf(entra), service.Urls.Single(), Quieten)
                : null;
            host = new(entra, service, portal);
            await (portal?.StartAsync() ?? Task.CompletedTask);
        }
        catch
        {
            await (portal?.DisposeAsync() ?? ValueTask.CompletedTask);
            await StopAsFarAsItStarted(service);
            await service.DisposeAsync();
            throw;
        }

        // Before the service has started, only LocalEntra listens for signals, so it passes a stop on.
        entra.Lifetime.ApplicationStopping.Register(service.Lifetime.StopApplication);
        return host;
    }

    /// <summary>Returns the message for an exception caused by configuration; null for an unexpected one.</summary>
    public static string? Refusal(Exception e) => e switch
    {
        LocalEntraConfigurationException or StorageFileException or OrleansConfigurationException => HostProgram.OneLine(e.Message),
        IOException { InnerException: SocketException or AddressInUseException } =>
            $"{e.Message} Set WebApi:Url, LocalEntra:Url, Portal:Url or Metrics:Url to another address.",
        AddressInUseException => $"{e.Message} for the silo. Set Orleans:Endpoints:SiloPort and GatewayPort to free ports, or leave them out.",
        _ when HostProgram.IsRefusal(e) => HostProgram.OneLine(e.Message),
        _ => null,
    };

    public async ValueTask DisposeAsync()
    {
        if (portal is not null)
        {
            await portal.StopAsync();
            await portal.DisposeAsync();
        }

        // Stops the service before LocalEntra, because it still reads keys while it drains.
        await service.StopAsync();
        await service.DisposeAsync();
        await entra.StopAsync();
        await entra.DisposeAsync();
    }

    // The silo may be running if the web API could not listen. Errors here are ignored, so that the first one is reported.
    private static async Task StopAsFarAsItStarted(WebApplication service)
    {
        try
        {
            await service.StopAsync();
        }
        catch (Exception)
        {
            // The silo had not started, so there is nothing to stop.
        }
    }

    private static WebApplication Compose(string[] args, string entraUrl, string secret)
    {
        var builder = WebApplication.CreateBuilder([.. args, LocalEntraHost.NoReload]);
        Quieten(builder);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureAd:Instance"] = entraUrl,
            ["AzureAd:TenantId"] = "common",
            ["AzureAd:ClientId"] = builder.Configuration["LocalEntra:ApiClientId"] ?? LocalEntraOptions.DefaultApiClientId,
        });

        // The silo is a cluster of its own that no other silo joins, so any two free ports will do.
        var (silo, gateway) = FreePorts();
        builder.Configuration.AddInMemoryCollection(Missing(builder.Configuration, new()
        {
            ["Orleans:Endpoints:SiloPort"] = silo,
            ["Orleans:Endpoints:GatewayPort"] = gateway,
        }));
        if (string.IsNullOrWhiteSpace(builder.Configuration["Directory:ClientId"]))
        {
            builder.Configuration.AddInMemoryCollection(Missing(builder.Configuration, DirectoryOf(entraUrl, builder.Configuration["AzureAd:ClientId"]!, secret)));
        }

        builder.Configuration.AddInMemoryCollection(Missing(builder.Configuration, new()
        {

            // There is no load balancer that must notice first.
            ["Shutdown:DrainDelay"] = "00:00:00",

            // After kill -9, the first change of a workspace waits for the sum of the two. The wait may be short, because no
            // other silo here can hold a lease.
            ["Access:Lease"] = "00:00:01",
            ["Access:Authority"] = "00:00:01",
        }));

        builder.AddTelemetry("engage-center").AddShutdown();
        builder.AddEngageCenterSilo();
        AddWebApi(builder);
        builder.Services.AddSingleton<SampleHealth>().AddHealthChecks().AddCheck<SampleHealth>("sample", tags: [WebApiHost.ReadyTag]);
        var app = builder.Build();
        app.MapEngageCenterWebApi();
        return app;
    }

    // Configures LocalEntra's Graph as the directory, with the API's own application as the client.
    private static Dictionary<string, string?> DirectoryOf(string entraUrl, string clientId, string secret) => new()
    {
        ["Directory:Instance"] = entraUrl,
        ["Directory:Graph"] = $"{entraUrl.TrimEnd('/')}/graph/v1.0",
        ["Directory:ClientId"] = clientId,
        ["Directory:ClientCredentials:0:SourceType"] = "ClientSecret",
        ["Directory:ClientCredentials:0:ClientSecret"] = secret,

        // Shorter than the default, so that a developer sees changes soon.
        ["Directory:Poll"] = "00:00:05",
    };

    private static void AddWebApi(WebApplicationBuilder builder)
    {
        const string url = "WebApi:Url";
        if (builder.Configuration[url] is { Length: > 0 } value
            && !(Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttp))
        {
            throw new SettingException($"{url} is '{value}'; it must be one http address such as http://localhost:8080.");
        }

        builder.AddEngageCenterWebApi();
    }

    // A setting that is absent counts as true.
    private static bool IsWanted(IConfiguration configuration, string key) => string.IsNullOrWhiteSpace(configuration[key])
        || (bool.TryParse(configuration[key], out var isWanted)
            ? isWanted
            : throw new SettingException($"{key} is '{configuration[key]}'; it must be true or false."));

    // Sets Development unless the environment is set explicitly; LocalEntra refuses any other.
    private static string[] AsDevelopment(string[] args) =>
        Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") is null && Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") is null
            ? [.. args, "--environment=Development"]
            : args;

    // Keeps the console for the welcome text and for warnings.
    private static void Quieten(WebApplicationBuilder builder)
    {
        if (!builder.Configuration.GetSection("Logging").Exists())
        {
            builder.Logging.SetMinimumLevel(LogLevel.Warning);

            // The watchdog's first check always warns that it is late, by the machine's uptime.
            builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);

            // The portal's first sign-in creates a key for its cookies in the folder of whoever runs this, without a certificate.
            builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        }
    }

    // Evaluated at once: when configuration sources are reloaded later, the defaults would no longer count as missing.
    private static List<KeyValuePair<string, string?>> Missing(ConfigurationManager configuration, Dictionary<string, string?> defaults) =>
        [.. defaults.Where(d => string.IsNullOrWhiteSpace(configuration[d.Key]))];

    // Both listeners are open at the same time, so that the ports differ.
    private static (string Silo, string Gateway) FreePorts()
    {
        using var silo = new TcpListener(IPAddress.Loopback, 0);
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        return (PortOf(silo), PortOf(gateway));
    }

    private static string PortOf(TcpListener listener) =>
        ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whoever waits until the host is ready finds the people and workspaces that the documentation uses.</summary>
    private sealed class SampleHealth : IHealthCheck
    {
        public volatile bool IsSettled;

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(IsSettled ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The sample organization is being set up."));
    }
}
