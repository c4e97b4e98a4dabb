using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace EngageCenter.ServiceDefaults.Tests;

[Collection(nameof(Telemetry))]
public sealed class MetricsEndpointTests : IDisposable
{
    private readonly HttpClient http = new();

    public void Dispose() => http.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    public async Task Endpoint_is_not_started_without_an_address(string? url)
    {
        await using var app = Build(url);

        Assert.Empty(app.Services.GetServices<IHostedService>().OfType<MetricsEndpoint>());
    }

    [Theory]
    [InlineData("9464")]
    [InlineData("localhost:9464")]
    [InlineData("https://127.0.0.1:0")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://127.0.0.1:0;http://127.0.0.1:0")]
    public void What_is_not_one_http_address_is_refused(string url)
    {
        var refused = Assert.Throws<SettingException>(() => Build(url));

        Assert.Contains("Metrics:Url", refused.Message, StringComparison.Ordinal);
        Assert.Contains(url, refused.Message, StringComparison.Ordinal);
    }

    // What other services count while they are made is counted, although the host has not started yet.
    [Fact]
    public async Task It_has_the_metrics_of_the_process_from_the_first_count_on()
    {
        await using var app = Build("http://127.0.0.1:0", builder => builder.Services.AddHostedService<CountsAtOnce>());
        await app.StartAsync();

        var answer = await http.GetStringAsync(new Uri(UrlOf(app), "/metrics"));

        Assert.Matches("""(?m)^engagecenter_tests_counted_total\{otel_scope_name="EngageCenter.MetricsEndpointTests"\} 3$""", answer);
        Assert.Contains("service_name=\"tests\"", answer, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_collections_total", answer, StringComparison.Ordinal);
        await app.StopAsync();
    }

    [Fact]
    public async Task Neither_address_answers_what_is_the_others()
    {
        await using var app = Build("http://127.0.0.1:0");
        app.MapGet("/health/live", () => "live");
        await app.StartAsync();
        var (own, ofHost) = (UrlOf(app), new Uri(app.Urls.Single()));

        Assert.Equal(HttpStatusCode.NotFound, await Status(new(own, "/health/live")));
        Assert.Equal(HttpStatusCode.NotFound, await Status(new(own, "/")));
        Assert.Equal(HttpStatusCode.NotFound, await Status(new(ofHost, "/metrics")));

        // Nor by the name of the other one, which whoever asks may choose.
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(ofHost, "/metrics"));
        request.Headers.Host = own.Authority;
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        await app.StopAsync();
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("FOO")]
    public async Task Only_GET_is_answered_with_metrics(string method)
    {
        await using var app = Build("http://127.0.0.1:0");
        await app.StartAsync();

        using var request = new HttpRequestMessage(new(method), new Uri(UrlOf(app), "/metrics"));
        using var answer = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        await app.StopAsync();
    }

    [Fact]
    public async Task Scrapes_are_no_requests_of_the_host()
    {
        await using var app = Build("http://127.0.0.1:0");
        app.MapGet("/counted", () => "counted");
        await app.StartAsync();
        await http.GetStringAsync(new Uri(app.Urls.Single() + "/counted"));

        // A request is counted when it has ended, which its client may know earlier. Several scrapes are before the last one.
        var scrapes = 0;
        var answer = "";
        await Until.True(async () =>
        {
            scrapes++;
            answer = await http.GetStringAsync(new Uri(UrlOf(app), "/metrics"));
            return scrapes > 1 && answer.Contains("http_route=\"/counted\"", StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(30), () => $"The host's request is counted. {answer}");

        Assert.DoesNotContain(answer.Split('\n'), line =>
            line.StartsWith("http_server_request_duration", StringComparison.Ordinal) && line.Contains("http_route=\"/metrics\"", StringComparison.Ordinal));

        await app.StopAsync();
    }

    [Fact]
    public async Task Scrapes_are_in_no_trace()
    {
        var spans = new ConcurrentQueue<string>();
        await using var app = Build("http://127.0.0.1:0", builder =>
            builder.Services.ConfigureOpenTelemetryTracerProvider(traces => traces.AddProcessor(new Ended(span => spans.Enqueue(span.DisplayName)))), otlp: "http://127.0.0.1:1");
        app.MapGet("/traced", () => "traced");
        await app.StartAsync();
        await http.GetStringAsync(new Uri(UrlOf(app), "/metrics"));
        await http.GetStringAsync(new Uri(app.Urls.Single() + "/traced"));

        // A span ends after its answer, in the order of the requests.
        await Until.True(() => Task.FromResult(spans.Contains("GET /traced")), TimeSpan.FromSeconds(30), "The request is traced");
        Assert.DoesNotContain(spans, name => name.Contains("metrics", StringComparison.Ordinal));
        await app.StopAsync();
    }

    [Fact]
    public async Task A_taken_address_stops_the_start()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using var app = Build($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}");

        var refused = await Assert.ThrowsAnyAsync<IOException>(() => app.StartAsync());
        Assert.True(HostProgram.IsRefusal(refused));
    }

    [Fact]
    public async Task It_answers_until_the_other_services_of_the_host_have_stopped()
    {
        var last = new TaskCompletionSource<HttpStatusCode>();
        Uri? url = null;
        await using var app = Build("http://127.0.0.1:0", builder => builder.Services.AddHostedService(_ => new AsksWhenItStops(
            async () => last.SetResult(await Status(new(url!, "/metrics"))))));
        await app.StartAsync();
        url = UrlOf(app);
        await app.StopAsync();

        Assert.Equal(HttpStatusCode.OK, await last.Task);
    }

    private static WebApplication Build(string? url, Action<WebApplicationBuilder>? more = null, string? otlp = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection([new("Metrics:Url", url), new("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", otlp)]);
        builder.AddTelemetry("tests");
        more?.Invoke(builder);
        return builder.Build();
    }

    private static Uri UrlOf(WebApplication app) => app.Services.GetServices<IHostedService>().OfType<MetricsEndpoint>().Single().Url;

    private async Task<HttpStatusCode> Status(Uri url)
    {
        using var answer = await http.GetAsync(url);
        return answer.StatusCode;
    }

    private sealed class CountsAtOnce : IHostedService
    {
        public CountsAtOnce(IMeterFactory meters) => meters.Create("EngageCenter.MetricsEndpointTests").CreateCounter<long>("engagecenter.tests.counted").Add(3);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Ended(Action<Activity> end) : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            if (data.Recorded)
            {
                end(data);
            }
        }
    }

    private sealed class AsksWhenItStops(Func<Task> ask) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => ask();
    }
}
