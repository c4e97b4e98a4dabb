using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace EngageCenter;

/// <summary>
/// Serves the metrics of this process to Prometheus: <c>/metrics</c> on an address of its own, <c>Metrics:Url</c>.
/// Nothing is added to the host unless that setting is set.
/// </summary>
/// <remarks>
/// It is a separate small server. So the addresses of callers and probes do not serve this path, whatever host name they
/// send; limits on requests do not count scrapes; and metrics are available while a host drains. It exports all meters of
/// the process. It has no sign-in: the network decides who can reach the address.
/// </remarks>
internal sealed class MetricsEndpoint : IHostedService, IAsyncDisposable
{
    public const string Setting = "Metrics:Url";
    public const string Path = "/metrics";

    /// <summary>Connections at the same time; more are closed unanswered.</summary>
    private const int MaxConnections = 20;

    /// <summary>The size of one answer; that of a development host is 0.3 MB after its start. A larger one is an error.</summary>
    private const int MaxAnswerBytes = 8 * 1024 * 1024;

    /// <summary>How long a scrape waits for its answer; Prometheus itself waits for 10 s unless told otherwise.</summary>
    private static readonly TimeSpan longestScrape = TimeSpan.FromSeconds(10);

    private readonly MeterProvider metrics;
    private readonly WebApplication app;

    /// <param name="url">Where it listens.</param>
    /// <param name="metrics">What it serves, from <see cref="Listen"/>. Disposed together with it.</param>
    /// <param name="logs">The logs of the host.</param>
    public MetricsEndpoint(string url, MeterProvider metrics, ILoggerFactory logs)
    {
        this.metrics = metrics;

        // It reads no configuration: the host's settings are not for this server.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton(logs).AddRouting();
        builder.WebHost.UseKestrelCore().UseUrls(url).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxRequestBodySize = 0;
        });
        app = builder.Build();
        app.MapPrometheusScrapingEndpoint(Path, metrics, configureBranchedPipeline: null, optionsName: null)
            .DisableHttpMetrics()
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Get]));
    }

    /// <summary>Where it listens, once it has started.</summary>
    public Uri Url => new(app.Urls.Single());

    public Task StartAsync(CancellationToken cancellationToken) => app.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => app.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        metrics.Dispose();
    }

    /// <summary>Starts to listen to the meters of the process.</summary>
    public static MeterProvider Listen(string serviceName) => Sdk.CreateMeterProviderBuilder()
        .ConfigureResource(resource => Telemetry.Describe(resource, serviceName))
        .AddMeter(Telemetry.Meters)
        .AddAspNetCoreInstrumentation()
        .AddPrometheusExporter(scraped =>
        {
            scraped.MaxScrapeResponseSizeBytes = MaxAnswerBytes;
            scraped.ScrapeResponseTimeoutMilliseconds = (int)longestScrape.TotalMilliseconds;
        })
        .Build();
}

internal static class MetricsHosting
{
    /// <exception cref="SettingException">The setting is not one http address; the message says so.</exception>
    public static void AddMetricsEndpoint(this IHostApplicationBuilder builder, string serviceName)
    {
        if (builder.Configuration[MetricsEndpoint.Setting] is not { } url || string.IsNullOrWhiteSpace(url))
        {
            return;
        }

        // With https it would need a certificate that Prometheus trusts.
        if (url.Contains(';', StringComparison.Ordinal) || BindingAddress.Parse(Settings.RequireAddresses(MetricsEndpoint.Setting, url)).Scheme != Uri.UriSchemeHttp)
        {
            throw new SettingException($"{MetricsEndpoint.Setting} is '{url}'; it must be one http address such as http://127.0.0.1:9464.");
        }

        // Now, not when the host starts: some services count while they are constructed.
        var metrics = MetricsEndpoint.Listen(serviceName);
        builder.Services.AddHostedService(services => new MetricsEndpoint(url, metrics, services.GetRequiredService<ILoggerFactory>()));
    }
}
