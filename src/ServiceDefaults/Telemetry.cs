using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace EngageCenter;

/// <summary>
/// Exports metrics, traces and logs over OTLP, with OpenTelemetry's own settings only. Nothing is added to the host unless
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, or the endpoint of one signal (<c>OTEL_EXPORTER_OTLP_TRACES_ENDPOINT</c>,
/// <c>…METRICS…</c>, <c>…LOGS…</c>), is set. Prometheus may scrape metrics too: <see cref="MetricsEndpoint"/>.
/// </summary>
public static class Telemetry
{
    private const string AllSignals = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Traces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private const string Metrics = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string Logs = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";

    // One list for every host: a name that does not exist in a process costs nothing. The source 'Microsoft.Orleans.Runtime'
    // is left out, because it is about the cluster's internal work and not about requests.
    private static readonly string[] sources =
    [
        "EngageCenter.*",
        "Microsoft.Orleans.Application", "Microsoft.Orleans.Lifecycle", "Microsoft.Orleans.Storage",
        "Azure.*",
    ];

    internal static readonly string[] Meters = ["EngageCenter.*", "Microsoft.Orleans", "System.Runtime", "System.Net.Http"];

    /// <summary>Returns whether anything is exported.</summary>
    public static bool IsConfigured(IConfiguration configuration) =>
        Exports(configuration, Traces) || Exports(configuration, Metrics) || Exports(configuration, Logs);

    /// <param name="serviceName">The resource's <c>service.name</c>, which <c>OTEL_SERVICE_NAME</c> overrides.</param>
    /// <exception cref="SettingException">An endpoint is not an address; the message says which.</exception>
    /// <remarks>Call it before anything that counts: counts before a listener exists are lost.</remarks>
    public static IHostApplicationBuilder AddTelemetry(this IHostApplicationBuilder builder, string serviceName)
    {
        var configuration = builder.Configuration;
        builder.AddMetricsEndpoint(serviceName);
        if (!IsConfigured(configuration))
        {
            return builder;
        }

        foreach (var setting in (string[])[AllSignals, Traces, Metrics, Logs])
        {
            RequireAddress(configuration, setting);
        }

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, serviceName));

        if (Exports(configuration, Traces))
        {
            // The Azure libraries still need this switch.
            AppContext.SetSwitch("Azure.Experimental.EnableActivitySource", true);
            telemetry.WithTracing(traces => traces
                .AddSource(sources)
                .AddAspNetCoreInstrumentation(http => http.Filter = request => !IsWatching(request.Request.Path))
                .AddProcessor(new WithoutPersons()));
        }

        if (Exports(configuration, Metrics))
        {
            telemetry.WithMetrics(metrics => metrics.AddMeter(Meters).AddAspNetCoreInstrumentation());
        }

        if (Exports(configuration, Logs))
        {
            builder.Logging.AddOpenTelemetry(logs => logs.IncludeFormattedMessage = true);
        }
        else
        {
            // The exporter switches all signals on. This filter leaves no log records to export.
            builder.Logging.AddFilter<OpenTelemetryLoggerProvider>(category: null, LogLevel.None);
        }

        telemetry.UseOtlpExporter();
        return builder;
    }

    // The environment's description of the resource comes last, so that it takes precedence.
    internal static void Describe(ResourceBuilder resource, string serviceName) => resource.AddService(serviceName).AddEnvironmentVariableDetector();

    private static bool Exports(IConfiguration configuration, string signal) =>
        !string.IsNullOrWhiteSpace(configuration[signal]) || !string.IsNullOrWhiteSpace(configuration[AllSignals]);

    // OpenTelemetry itself would silently use its default instead.
    private static void RequireAddress(IConfiguration configuration, string setting)
    {
        var value = configuration[setting];
        if (!string.IsNullOrWhiteSpace(value) && !(Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
        {
            throw new SettingException($"{setting} is '{value}'; it must be an http or https address such as http://localhost:4317.");
        }
    }

    // Probes every second would be most of the traces, and scrapes every few seconds.
    private static bool IsWatching(PathString path) => path.StartsWithSegments("/health") || path == MetricsEndpoint.Path;
}
