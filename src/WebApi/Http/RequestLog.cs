using Microsoft.AspNetCore.Diagnostics;

namespace EngageCenter.WebApi.Http;

/// <summary>
/// One line for each request: the route's pattern, never the address itself, whose query may hold what people searched
/// for. Who called is not in it either.
/// </summary>
internal sealed partial class RequestLog(RequestDelegate next, ILogger<RequestLog> logger, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var started = time.GetTimestamp();
        try
        {
            await next(http);
        }
        finally
        {
            var route = (Endpoint(http) as RouteEndpoint)?.RoutePattern.RawText ?? "none";
            if (!route.StartsWith("/health", StringComparison.Ordinal))
            {
                LogAnswered(
                    http.Request.Method, route, http.Response.StatusCode,
                    time.GetElapsedTime(started).TotalMilliseconds, ProblemResult.TraceOf(http));
            }
        }
    }

    // After a fault the endpoint is only known to the one who handled it.
    private static Endpoint? Endpoint(HttpContext http) =>
        http.GetEndpoint() ?? http.Features.Get<IExceptionHandlerFeature>()?.Endpoint;

    [LoggerMessage(LogLevel.Information, "{Method} {Route} → {Status} in {Milliseconds:F1} ms, trace {TraceId}")]
    private partial void LogAnswered(string method, string route, int status, double milliseconds, string traceId);
}
