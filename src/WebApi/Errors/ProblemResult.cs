using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using EngageCenter.WebApi.Json;

namespace EngageCenter.WebApi.Errors;

/// <summary>A problem response as defined by RFC 9457.</summary>
internal sealed class ProblemResult(Problem problem, string? detail, ImmutableArray<(string Name, object? Value)> members)
    : IResult, IStatusCodeHttpResult
{
    public Problem Problem => problem;

    public int? StatusCode => problem.Status;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = problem.Status;
        if (problem.RetryAfter is { } seconds && !response.Headers.ContainsKey("Retry-After"))
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var document = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["type"] = problem.Type,
            ["title"] = problem.Title,
            ["status"] = problem.Status,
            ["detail"] = detail ?? problem.Detail,
        };
        foreach (var (name, value) in members)
        {
            document[name] = value;
        }

        document["traceId"] = TraceOf(httpContext);
        return response.WriteAsJsonAsync(document, WireJson.Options, "application/problem+json", httpContext.RequestAborted);
    }

    /// <summary>Returns the trace id with which the request can be found in the log.</summary>
    public static string TraceOf(HttpContext http) => Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;
}
