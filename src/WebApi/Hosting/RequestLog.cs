using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using Microsoft.AspNetCore.Diagnostics;

namespace EngageCenter.WebApi.Hosting;

/// <summary>
/// A line for each request that failed by the service's fault or took long, and for one of so many others as
/// <see cref="RequestLogOptions.Every"/> says; the histogram <c>http.server.request.duration</c> has all of them. It says the
/// route's pattern, never the address itself, whose query may hold what people searched for. Who called is not in it either.
/// </summary>
internal sealed partial class RequestLog(RequestDelegate next, WebApiOptions options, ILogger<RequestLog> logger, TimeProvider time)
{
    private readonly int every = options.RequestLog.Every;
    private readonly TimeSpan slow = options.RequestLog.Slow;
    private long requests;

    public async Task InvokeAsync(HttpContext http)
    {
        var started = time.GetTimestamp();
        try
        {
            await next(http);
        }
        finally
        {
            var elapsed = time.GetElapsedTime(started);
            if (http.Response.StatusCode >= StatusCodes.Status500InternalServerError || (elapsed >= slow && !IsStream(http)) || IsSampled())
            {
                Log(http, elapsed);
            }
        }
    }

    // It lasts for as long as its reader likes.
    private static bool IsStream(HttpContext http) => Endpoint(http)?.Metadata.GetMetadata<StreamedAnswer>() is not null;

    private bool IsSampled() => every > 0 && (every == 1 || Interlocked.Increment(ref requests) % every == 0);

    private void Log(HttpContext http, TimeSpan elapsed)
    {
        var route = (Endpoint(http) as RouteEndpoint)?.RoutePattern.RawText ?? "none";
        if (!route.StartsWith("/health", StringComparison.Ordinal))
        {
            LogAnswered(http.Request.Method, route, http.Response.StatusCode, elapsed.TotalMilliseconds, ProblemResult.TraceOf(http));
        }
    }

    // After a fault the endpoint is only known to the one who handled it.
    private static Endpoint? Endpoint(HttpContext http) =>
        http.GetEndpoint() ?? http.Features.Get<IExceptionHandlerFeature>()?.Endpoint;

    [LoggerMessage(LogLevel.Information, "{Method} {Route} → {Status} in {Milliseconds:F1} ms, trace {TraceId}")]
    private partial void LogAnswered(string method, string route, int status, double milliseconds, string traceId);
}
