using System.Globalization;
using System.Net.Sockets;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics;

namespace EngageCenter.WebApi.Errors;

/// <summary>Answers what no endpoint expected. A client learns that it may try again, or a trace id, and nothing else.</summary>
internal sealed partial class Faults(ILogger<Faults> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to answer, and a client that goes away is no fault.
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        await Answer(httpContext, exception).ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>Storage, the cluster or the way there did not answer.</summary>
    public static bool IsUnavailable(Exception exception) => exception switch
    {
        StorageUnavailableException or TryLaterException or TimeoutException or OrleansException or SocketException => true,
        ConnectionAbortedException or ConnectionResetException => true,
        // A message that expired before Orleans found a silo for its grain. A client that goes away is answered before.
        OperationCanceledException => true,
        // Orleans' client has stopped, as a node does whose last requests are still under way. Any other disposed object is a fault.
        ObjectDisposedException disposed => disposed.ObjectName == "OutsideRuntimeClient",
        // It has not heard from a silo which grains there are, or not yet of a kind that is new in a rolling upgrade.
        // Orleans has no type for that.
        ArgumentException { ParamName: null, Source: "Orleans.Core" } unheard => unheard.GetType() == typeof(ArgumentException)
            && unheard.Message.StartsWith("Could not find an implementation for interface EngageCenter.", StringComparison.Ordinal),
        AggregateException many => many.InnerExceptions.Any(IsUnavailable),
        _ => false,
    };

    private IResult Answer(HttpContext httpContext, Exception exception)
    {
        switch (exception)
        {
            case InvalidCursorException:
                return Problems.Invalid("cursor", Cursor.Message);
            case RefusedException refused:
                return refused.Answer();
            case ListChangedException:
                return Problems.ListChanged.Answer();
            case BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } wrong:
                return Problems.Invalid(RequestErrors.Of(wrong));
            case BadHttpRequestException bare:
                return Problems.Of(bare.StatusCode).Answer();
            case TryLaterException later:
                httpContext.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(later.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
                return Problems.ServiceUnavailable.Answer();
            case var _ when IsUnavailable(exception):
                LogUnavailable(exception.GetType().Name, GrainKeys.WithoutPersons(exception.Message));
                return Problems.ServiceUnavailable.Answer();
            default:
                LogFault(GrainKeys.WithoutPersons(exception.ToString()));
                return Problems.InternalError.Answer();
        }
    }

    [LoggerMessage(LogLevel.Warning, "The request cannot be served now: {Kind}: {Why}")]
    private partial void LogUnavailable(string kind, string why);

    [LoggerMessage(LogLevel.Error, "The request failed: {Exception}")]
    private partial void LogFault(string exception);
}
