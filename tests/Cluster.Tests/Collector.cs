using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Cluster.Tests;

/// <param name="Service">The resource's <c>service.name</c>.</param>
/// <param name="Scope">The activity source.</param>
/// <param name="Parent">Empty for the first of a trace.</param>
internal sealed record Span(string Service, string Scope, string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Tags);

/// <summary>An OTLP collector of the test's own, over HTTP on loopback: what it was sent, by OTLP's own field numbers.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<byte[]> received = [];

    private Collector(WebApplication app) => this.app = app;

    public ConcurrentQueue<Span> Spans { get; } = [];

    /// <summary>Service and instrument.</summary>
    public ConcurrentDictionary<(string Service, string Name), string> Metrics { get; } = [];

    /// <summary>Service, trace and text.</summary>
    public ConcurrentQueue<(string Service, string Trace, string Text)> Logs { get; } = [];

    public string Url => app.Urls.Single();

    public static async Task<Collector> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var collector = new Collector(app);
        app.MapPost("/v1/traces", http => collector.Take(http, collector.TakeSpans));
        app.MapPost("/v1/metrics", http => collector.Take(http, collector.TakeMetrics));
        app.MapPost("/v1/logs", http => collector.Take(http, collector.TakeLogs));
        await app.StartAsync();
        return collector;
    }

    /// <summary>Whether anything that was sent has this text in it, anywhere.</summary>
    public bool Holds(string text) => received.Any(body => body.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0);

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task Take(HttpContext http, Action<Protobuf> take)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        received.Enqueue(body.ToArray());
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

    private static string Service(Protobuf ofResource) => Attributes(ofResource.One(1), 1)["service.name"];

    // Those that are texts.
    private static Dictionary<string, string> Attributes(Protobuf message, int field) =>
        message.All(field).ToDictionary(a => a.One(1).Text, a => a.One(2).One(1).Text);
}
