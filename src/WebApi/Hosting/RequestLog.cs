using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using Microsoft.AspNetCore.Diagnostics;

namespace EngageCenter.WebApi.Hosting;

/// <summary>
/// Logs one line for each request that ended with a 5xx status or was slow, and for one in
/// <see cref="RequestLogOptions.Every"/> other requests. The histogram <c>http.server.request.duration</c> covers all
/// requests. The line has the route's pattern instead of the address, because a query may contain what people searched for.
/// It does not name the caller either.
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

    // The client decides how long a stream lasts, so a long one is not slow.
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

    // After an exception, only the exception handler's feature still knows the endpoint.
    private static Endpoint? Endpoint(HttpContext http) =>
        http.GetEndpoint() ?? http.Features.Get<IExceptionHandlerFeature>()?.Endpoint;

    [LoggerMessage(LogLevel.Information, "{Method} {Route} → {Status} in {Milliseconds:F1} ms, trace {TraceId}")]
    private partial void LogAnswered(string method, string route, int status, double milliseconds, string traceId);
}
