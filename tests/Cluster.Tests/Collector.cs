using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Cluster.Tests;

/// <param name="Service">The resource's <c>service.name</c>.</param>
/// <param name="Scope">The activity source.</param>
/// <param name="Parent">Empty for the first span of a trace.</param>
internal sealed record Span(string Service, string Scope, string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Tags);

/// <summary>An OTLP collector over HTTP on loopback. It reads what it is sent by OTLP's field numbers.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<byte[]> received = [];

    // The newest value of each counter of each process.
    private readonly ConcurrentDictionary<(string Instance, string Name), long> counts = [];
    private readonly bool keeps;

    private Collector(WebApplication app, bool keeps) => (this.app, this.keeps) = (app, keeps);

    public ConcurrentQueue<Span> Spans { get; } = [];

    /// <summary>The unit of each instrument of each service.</summary>
    public ConcurrentDictionary<(string Service, string Name), string> Metrics { get; } = [];

    /// <summary>Service, trace and text.</summary>
    public ConcurrentQueue<(string Service, string Trace, string Text)> Logs { get; } = [];

    /// <summary>Settings that make a process send its telemetry here.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
    };

    /// <param name="keeps">Whether all bodies are kept, for <see cref="Holds"/>.</param>
    public static async Task<Collector> Start(bool keeps = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var collector = new Collector(app, keeps);
        app.MapPost("/v1/traces", http => collector.Take(http, collector.TakeSpans));
        app.MapPost("/v1/metrics", http => collector.Take(http, collector.TakeMetrics));
        app.MapPost("/v1/logs", http => collector.Take(http, collector.TakeLogs));
        await app.StartAsync();
        return collector;
    }

    /// <summary>The sum of a counter over all processes, including ended ones. What a process has counted since its last report is missing.</summary>
    public long Count(string name) => counts.Where(c => c.Key.Name == name).Sum(c => c.Value);

    /// <summary>Whether any body contains this text.</summary>
    public bool Holds(string text) => received.Any(body => body.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task Take(HttpContext http, Action<Protobuf> take)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        if (keeps)
        {
            received.Enqueue(body.ToArray());
        }

        take(new(body.ToArray()));
    }

    private void TakeSpans(Protobuf request)
    {
        foreach (var ofResource in request.All(1))
        {
            foreach (var ofScope in ofResource.All(2))
            {
                foreach (var span in ofScope.All(2))
                {
                    Spans.Enqueue(new(
                        Service(ofResource), ofScope.One(1).One(1).Text, span.One(1).Hex, span.One(2).Hex, span.One(4).Hex, span.One(5).Text, Attributes(span, 9)));
                }
            }
        }
    }

    private void TakeMetrics(Protobuf request)
    {
        foreach (var ofResource in request.All(1))
        {
            foreach (var metric in ofResource.All(2).SelectMany(scope => scope.All(2)))
            {
                Metrics[(Service(ofResource), metric.One(1).Text)] = metric.One(3).Text;

                // All points of a sum together, because each has other attributes.
                if (metric.One(7).All(1).ToList() is { Count: > 0 } points)
                {
                    counts[(Instance(ofResource), metric.One(1).Text)] = points.Sum(p => p.Fixed(6));
                }
            }
        }
    }

    private void TakeLogs(Protobuf request)
    {
        foreach (var ofResource in request.All(1))
        {
            foreach (var record in ofResource.All(2).SelectMany(scope => scope.All(2)))
            {
                Logs.Enqueue((Service(ofResource), record.One(9).Hex, record.One(5).One(1).Text));
            }
        }
    }

    private static string Instance(Protobuf ofResource) => Attributes(ofResource.One(1), 1)["service.instance.id"];

    private static string Service(Protobuf ofResource) => Attributes(ofResource.One(1), 1)["service.name"];

    // Only attributes that are texts.
    private static Dictionary<string, string> Attributes(Protobuf message, int field) =>
        message.All(field).ToDictionary(a => a.One(1).Text, a => a.One(2).One(1).Text);
}
