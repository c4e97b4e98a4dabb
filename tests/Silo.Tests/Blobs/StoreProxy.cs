using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>Says what happens to a request.</summary>
public enum Fate
{
    Happens,

    /// <summary>The store responds that it is busy, and has done nothing.</summary>
    IsRefused,

    /// <summary>The store responds that it is busy and that a client should wait for 20 s.</summary>
    IsPutOff,

    /// <summary>The connection ends before the store receives the request.</summary>
    IsLost,

    /// <summary>The store processes it, and the connection ends before the response arrives.</summary>
    AnswerIsLost,

    /// <summary>There is no response until <see cref="StoreProxy.Release"/>; then the store processes it.</summary>
    IsHeld,
}

internal sealed record StoreRequest(string Method, string Target);

/// <summary>A proxy on loopback in front of Azurite that does to requests what a test says.</summary>
internal sealed class StoreProxy : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpMessageInvoker store = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private readonly Uri target;
    private TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private StoreProxy(Azurite azurite, int port)
    {
        target = new($"http://{IPAddress.Loopback}:{azurite.Port}");
        Port = port;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://{IPAddress.Loopback}:{port}"));
        app = builder.Build();
        app.Run(Handle);
    }

    public int Port { get; }

    public string ConnectionString => Azurite.ConnectionStringAt(Port);

    /// <summary>Called for each attempt of a request.</summary>
    public Func<StoreRequest, Fate> Fate { get; set; } = _ => Blobs.Fate.Happens;

    /// <summary>All attempts so far.</summary>
    public ConcurrentQueue<StoreRequest> Requests { get; } = new();

    public static async Task<StoreProxy> Start(Azurite azurite)
    {
        var proxy = new StoreProxy(azurite, FreePort.Next());
        await proxy.app.StartAsync();
        return proxy;
    }

    /// <summary>Sets the fates of the next requests, one for each; later requests are processed normally.</summary>
    public void Next(params IEnumerable<Fate> fates)
    {
        var queue = new ConcurrentQueue<Fate>(fates);
        Requests.Clear();
        Fate = _ => queue.TryDequeue(out var fate) ? fate : Blobs.Fate.Happens;
    }

    /// <summary>Sets the fate of every request.</summary>
    public void Always(Fate fate)
    {
        Requests.Clear();
        Fate = _ => fate;
    }

    public void Release()
    {
        var held = released;
        released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        held.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await app.DisposeAsync();
        store.Dispose();
    }

    private async Task Handle(HttpContext context)
    {
        var rawTarget = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var request = new StoreRequest(context.Request.Method, rawTarget);
        Requests.Enqueue(request);
        var fate = Fate(request);
        switch (fate)
        {
            case Blobs.Fate.IsRefused:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                context.Response.Headers["x-ms-error-code"] = "ServerBusy";
                return;
            case Blobs.Fate.IsPutOff:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                context.Response.Headers["x-ms-error-code"] = "ServerBusy";
                context.Response.Headers.RetryAfter = "20";
                return;
            case Blobs.Fate.IsLost:
                context.Abort();
                return;
            case Blobs.Fate.IsHeld:
                await released.Task.WaitAsync(context.RequestAborted);
                break;
        }

        using var answer = await Forward(context, rawTarget);
        if (fate == Blobs.Fate.AnswerIsLost)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(h => !IsOfTheConnection(h.Key)))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private async Task<HttpResponseMessage> Forward(HttpContext context, string rawTarget)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        using var request = new HttpRequestMessage(new(context.Request.Method), new Uri(target, rawTarget)) { Content = new ByteArrayContent(body.ToArray()) };
        foreach (var (name, values) in context.Request.Headers.Where(h => !IsOfTheConnection(h.Key)))
        {
            // HttpClient keeps content headers apart from request headers.
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                request.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        // The store finishes a request even if nobody waits for it any more.
        var answer = await store.SendAsync(request, CancellationToken.None);
        await answer.Content.LoadIntoBufferAsync();
        return answer;
    }

    private static bool IsOfTheConnection(string header) =>
        header.ToUpperInvariant() is "CONNECTION" or "KEEP-ALIVE" or "TRANSFER-ENCODING" or "HOST";
}
