using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace EngageCenter.Portal.Tests;

/// <summary>The sample's web API, with a fault where a test wants one, and a record of its requests.</summary>
internal sealed class FaultyApi : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Lock gate = new();
    private readonly List<(string Path, long Bytes, TimeSpan Took)> asked = [];

    private FaultyApi(WebApplication app, Uri url) => (this.app, Url) = (app, url);

    public Uri Url { get; }

    /// <summary>May answer in place of the API; returns <see langword="true"/> if it did.</summary>
    public Func<HttpContext, Task<bool>> Fault { get; set; } = _ => Task.FromResult(false);

    /// <summary>Returns the requests since the last call, with the size of each answer and how long it took.</summary>
    public List<(string Path, long Bytes, TimeSpan Took)> TakeAsked()
    {
        lock (gate)
        {
            var taken = asked.ToList();
            asked.Clear();
            return taken;
        }
    }

    public static async Task<FaultyApi> StartAsync(PortalService sample)
    {
        var url = PortalService.Loopback();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url.ToString());
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new() { RouteId = "all", ClusterId = "api", Match = new() { Path = "{**all}" } }],
            [new() { ClusterId = "api", Destinations = new Dictionary<string, DestinationConfig> { ["api"] = new() { Address = sample.Api.ToString() } } }]);
        var app = builder.Build();
        var api = new FaultyApi(app, url);
        app.Use(async (context, next) =>
        {
            var started = TimeProvider.System.GetTimestamp();
            var body = context.Response.Body;
            await using var counted = new CountedBody(body);
            context.Response.Body = counted;
            if (!await api.Fault(context))
            {
                await next(context);
            }

            lock (api.gate)
            {
                api.asked.Add((context.Request.Path + context.Request.QueryString, counted.Written, TimeProvider.System.GetElapsedTime(started)));
            }
        });
        app.MapReverseProxy();
        await app.StartAsync();
        return api;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private sealed class CountedBody(Stream to) : Stream
    {
        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => to.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => to.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            Written += count;
            to.Write(buffer, offset, count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written += buffer.Length;
            return to.WriteAsync(buffer, cancellationToken);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
