using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EngageCenter.AppHost;

/// <summary>
/// Adds the parts of a cluster as resources of Aspire, with most settings of <c>./cluster</c>. Configuration:
/// <c>Silos</c> (1 to 5, default 2), <c>WebNodes</c> (1 to 5, default 1), <c>PortBase</c> (default 7500; the ports up to 99
/// above it are used), <c>Data</c> (folder of state, default .data/apphost in the repository).
/// </summary>
internal sealed class Cluster(IDistributedApplicationBuilder builder)
{
    private const int MaxNodes = 5;
    private const string LocalSecret = "local-development-only";
    private const string Tenant = "c0000000-0000-4000-8000-000000000000";

    private readonly int silos = Number(builder.Configuration, "Silos", 2, 1, MaxNodes);
    private readonly int webNodes = Number(builder.Configuration, "WebNodes", 1, 1, MaxNodes);
    private readonly int portBase = Number(builder.Configuration, "PortBase", 7500, 1024, 65_000);
    private readonly string repository = Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "../.."));
    private readonly string data = Path.GetFullPath(builder.Configuration["Data"] ?? Path.Combine(builder.AppHostDirectory, "../../.data/apphost"));

    private int EntraPort => portBase;

    private int RedisPort => portBase + 1;

    private int AzuritePort => portBase + 2;

    private int EntraHttpsPort => portBase + 3;

    private int PortalPort => portBase + 4;

    private int WebPort(int node) => portBase + 10 + node;

    private int SiloPort(int node) => portBase + 30 + node;

    /// <exception cref="AppHostException">Redis or Azurite is available neither as a program nor as a container.</exception>
    public void Add()
    {
        Directory.CreateDirectory(data);
        var servers = Servers.Find(repository);
        var redis = servers.AddRedis(builder, RedisPort, data);
        var azurite = servers.AddAzurite(builder, AzuritePort, data);
        Listens(redis, RedisPort);
        Listens(azurite, AzuritePort);

        var entra = Host<Projects.LocalEntra>("entra", EntraPort)
            .WithEnvironment("LocalEntra__Url", Url(EntraPort))
            .WithEnvironment("LocalEntra__HttpsUrl", HttpsUrl)
            .WithEnvironment("LocalEntra__DirectoryFile", Path.Combine(repository, "samples/contoso.json"))
            .WithEnvironment("LocalEntra__KeyFile", Path.Combine(data, "entra-key.pem"))
            .WithEnvironment("LocalEntra__CertificateFile", CertificateFile);

        foreach (var node in Enumerable.Range(0, silos))
        {
            AddSilo(node).WaitFor(redis).WaitFor(azurite).WaitFor(entra);
        }

        foreach (var node in Enumerable.Range(0, webNodes))
        {
            Member(Host<Projects.WebApi>($"web-{node}", WebPort(node)))
                .WithEnvironment("WebApi__Url", Url(WebPort(node)))
                .WithEnvironment("AzureAd__Instance", Url(EntraPort) + "/")
                .WithEnvironment("AzureAd__TenantId", "common")
                .WaitFor(redis).WaitFor(entra);
        }

        var web = builder.Resources.OfType<ProjectResource>().Single(r => r.Name == "web-0");
        var portal = AddPortal().WaitFor(entra).WaitFor(builder.CreateResourceBuilder(web));
        builder.Eventing.Subscribe<ResourceReadyEvent>(portal.Resource, (_, _) => Console.Out.WriteLineAsync("The portal, for a browser: " + Url(PortalPort)));

        // Sets the sample organization up, and ends.
        builder.AddProject<Projects.DevHost>("sample", options => options.ExcludeLaunchProfile = true)
            .WithArgs("sample", Url(EntraPort), Url(WebPort(0)))
            .WaitFor(builder.CreateResourceBuilder(web));
    }

    private string CertificateFile => Path.Combine(data, "entra-https.pem");

    private IResourceBuilder<ProjectResource> AddSilo(int node) =>
        Member(Host<Projects.Silo>($"silo-{node}", SiloPort(node)))
            .WithEnvironment("Silo__Url", Url(SiloPort(node)))
            .WithEnvironment("Orleans__Endpoints__AdvertisedIPAddress", "127.0.0.1")
            .WithEnvironment("Orleans__Endpoints__SiloPort", Text(portBase + 50 + node))
            .WithEnvironment("Orleans__Endpoints__GatewayPort", Text(portBase + 70 + node))
            .WithEnvironment("Orleans__GrainStorage__Default__ProviderType", "AzureBlobStorage")
            .WithEnvironment("Orleans__GrainStorage__Default__ContainerName", "engage-center")
            .WithEnvironment("Orleans__GrainStorage__Default__ConnectionString", Servers.AzuriteAccount(AzuritePort))
            .WithEnvironment("Directory__Instance", Url(EntraPort) + "/")
            .WithEnvironment("Directory__Graph", Url(EntraPort) + "/graph/v1.0")
            .WithEnvironment("Directory__ClientId", "e0000000-0000-4000-8000-000000000001")
            .WithEnvironment("Directory__ClientCredentials__0__SourceType", "ClientSecret")
            .WithEnvironment("Directory__ClientCredentials__0__ClientSecret", LocalSecret)
            .WithEnvironment("Directory__Tenants__0", Tenant)
            .WithEnvironment("Directory__Poll", "00:00:05");

    private IResourceBuilder<ProjectResource> AddPortal() =>
        Host<Projects.Portal>("portal", PortalPort)
            .WithEnvironment("Portal__Url", Url(PortalPort))
            .WithEnvironment("Portal__ApiUrl", Url(WebPort(0)))
            .WithEnvironment("Portal__LocalEntraUrl", Url(EntraPort))
            .WithEnvironment("AzureAd__Instance", HttpsUrl + "/")
            .WithEnvironment("AzureAd__TenantId", "organizations")
            .WithEnvironment("AzureAd__ClientId", "e0000000-0000-4000-8000-000000000002")
            .WithEnvironment("AzureAd__ClientSecret", LocalSecret)
            .WithEnvironment(context =>
            {
                // LocalEntra creates its certificate at its first start. The portal waits for LocalEntra, so the file exists here.
                using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(CertificateFile));
                context.EnvironmentVariables["Portal__LocalEntraThumbprint"] = certificate.GetCertHashString(HashAlgorithmName.SHA256);
            });

    // A host with the readiness probe /health/ready.
    private IResourceBuilder<ProjectResource> Host<TProject>(string name, int port)
        where TProject : IProjectMetadata, new() =>
        builder.AddProject<TProject>(name, options => options.ExcludeLaunchProfile = true)
            .WithHttpEndpoint(port, name: "http", isProxied: false)
            .WithHttpHealthCheck("/health/ready")
            .WithEnvironment("ASPNETCORE_ENVIRONMENT", "Development")
            .WithEnvironment(context =>
            {
                // Telemetry goes to the dashboard, unless the environment of the AppHost names a collector.
                foreach (var setting in (string[])["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_BSP_SCHEDULE_DELAY"])
                {
                    if (builder.Configuration[setting] is { Length: > 0 } value)
                    {
                        context.EnvironmentVariables[setting] = value;
                    }
                }
            });

    // Silos and web nodes find each other in Redis.
    private IResourceBuilder<ProjectResource> Member(IResourceBuilder<ProjectResource> host) =>
        host.WithEnvironment("Orleans__ClusterId", "engage-center")
            .WithEnvironment("Orleans__ServiceId", "engage-center")
            .WithEnvironment("Orleans__Clustering__ProviderType", "Redis")
            .WithEnvironment("Orleans__Clustering__ConnectionString", "127.0.0.1:" + Text(RedisPort));

    private void Listens<T>(IResourceBuilder<T> server, int port)
        where T : IResource
    {
        var name = $"{server.Resource.Name}-listens";
        builder.Services.AddHealthChecks().AddAsyncCheck(name, async cancellation =>
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.1", port, cancellation);
                return HealthCheckResult.Healthy();
            }
            catch (SocketException notYet)
            {
                return HealthCheckResult.Unhealthy(notYet.Message);
            }
        });
        server.WithHealthCheck(name);
    }

    private string HttpsUrl => "https://127.0.0.1:" + Text(EntraHttpsPort);

    private static string Url(int port) => "http://127.0.0.1:" + Text(port);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(ConfigurationManager configuration, string name, int otherwise, int least, int most) =>
        configuration[name] is not { Length: > 0 } text ? otherwise
        : int.TryParse(text, out var number) && number >= least && number <= most ? number
        : throw new AppHostException($"{name} must be a number from {least} to {most}.");
}

/// <summary>The AppHost cannot start. The message says what to do, in one line.</summary>
internal sealed class AppHostException(string message) : Exception(message);
