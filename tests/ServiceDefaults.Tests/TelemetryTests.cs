using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace EngageCenter.ServiceDefaults.Tests;

// Not beside other tests of telemetry: what they do is seen by all of the process.
[Collection(nameof(Telemetry))]
public class TelemetryTests
{
    private const string Collector = "http://127.0.0.1:1";

    [Theory]
    [InlineData("OTEL_SERVICE_NAME", "something")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", " ")]
    public void Disabled_telemetry_adds_nothing_to_the_host(string setting, string value)
    {
        var bare = Builder();
        var builder = Builder((setting, value));
        builder.AddTelemetry("tests");

        Assert.False(Telemetry.IsConfigured(builder.Configuration));
        Assert.Equal(bare.Services.Select(s => s.ServiceType), builder.Services.Select(s => s.ServiceType));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", true, true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", true, false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", false, true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", false, false, true)]
    public async Task Only_the_signals_that_have_an_endpoint_are_collected(string setting, bool traces, bool metrics, bool logs)
    {
        using var source = new ActivitySource("EngageCenter.Tests");
        var builder = Builder((setting, Collector));
        var (spans, readings, records) = (new Collected<Activity>(), new Collected<OpenTelemetry.Metrics.Metric>(), new Collected<LogRecord>());
        builder.AddTelemetry("tests");
        builder.Services.ConfigureOpenTelemetryTracerProvider(p => p.AddProcessor(new SimpleActivityExportProcessor(spans)));
        builder.Services.ConfigureOpenTelemetryMeterProvider(p => p.AddReader(new BaseExportingMetricReader(readings)));
        builder.Services.ConfigureOpenTelemetryLoggerProvider(p => p.AddProcessor(new SimpleLogRecordExportProcessor(records)));
        await using var app = builder.Build();

        var provider = app.Services.GetRequiredService<MeterProvider>();
        app.Services.GetRequiredService<TracerProvider>();
        source.StartActivity("span")?.Dispose();
        app.Services.GetRequiredService<IMeterFactory>().Create("EngageCenter.Tests").CreateCounter<long>("count").Add(1);
        app.Services.GetRequiredService<ILogger<TelemetryTests>>().LogWarning("A record");
        provider.ForceFlush();

        // Each signal once, and nothing of the other signals.
        Assert.Equal((traces ? 1 : 0, metrics, logs ? 1 : 0), (spans.Count, readings.Count > 0, records.Count));
    }

    [Theory]
    [InlineData(null, "tests")]
    [InlineData("by-the-environment", "by-the-environment")]
    public async Task Environment_overrides_the_service_name(string? configured, string expected)
    {
        var builder = Builder(("OTEL_EXPORTER_OTLP_ENDPOINT", Collector));
        builder.AddTelemetry("tests");
        if (configured is not null)
        {
            builder.Configuration["OTEL_SERVICE_NAME"] = configured;
        }

        await using var app = builder.Build();
        var resource = app.Services.GetRequiredService<TracerProvider>().GetResource().Attributes.ToDictionary(a => a.Key, a => $"{a.Value}");

        Assert.Equal(expected, resource["service.name"]);
        Assert.NotEmpty(resource["service.instance.id"]);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "somewhere")]
    public void Endpoint_that_is_not_an_address_is_refused(string setting, string value)
    {
        var refused = Assert.Throws<SettingException>(() => Builder((setting, value)).AddTelemetry("tests"));

        Assert.Contains(setting, refused.Message, StringComparison.Ordinal);
        Assert.Contains(value, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Spans_do_not_contain_keys_of_persons()
    {
        const string person = "user/c0000000-0000-4000-8000-000000000000/c0000000-0000-4000-8000-000000000101";
        using var span = new Activity("Decide").Start();
        span.SetTag("rpc.target", person).SetTag("exception.message", $"No answer from [{person}].").SetTag("rpc.source", "workspace/0123").SetTag("count", 3);
        span.SetTag("url.full", $"http://account/container/state-{person.Replace("/", "%2F", StringComparison.Ordinal)}.json");
        span.SetStatus(ActivityStatusCode.Error, $"{person} failed");

        using (var processor = new WithoutPersons())
        {
            processor.OnEnd(span);
        }

        Assert.Equal("user", span.GetTagItem("rpc.target"));
        Assert.Equal("No answer from [user].", span.GetTagItem("exception.message"));
        Assert.Equal("http://account/container/state-user.json", span.GetTagItem("url.full"));
        Assert.Equal((ActivityStatusCode.Error, "user failed"), (span.Status, span.StatusDescription));
        Assert.Equal("workspace/0123", span.GetTagItem("rpc.source"));
        Assert.Equal(3, span.GetTagItem("count"));
    }

    private static WebApplicationBuilder Builder(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)));
        return builder;
    }

    private sealed class Collected<T> : BaseExporter<T>
        where T : class
    {
        public long Count { get; private set; }

        public override ExportResult Export(in Batch<T> batch)
        {
            Count += batch.Count;
            return ExportResult.Success;
        }
    }
}
