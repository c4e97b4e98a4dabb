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

/// <summary>
/// Answers exceptions that no endpoint handles. The client learns only that it may try again, or a trace id.
/// </summary>
internal sealed partial class Faults(ILogger<Faults> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to receive a response, and a client that disconnects is not a fault.
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        await Answer(httpContext, exception).ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>Returns whether storage, the cluster or the connection to it did not respond.</summary>
    public static bool IsUnavailable(Exception exception) => exception switch
    {
        StorageUnavailableException or TryLaterException or TimeoutException or OrleansException or SocketException => true,
        ConnectionAbortedException or ConnectionResetException => true,
        // A message that expired before Orleans found a silo for its grain. Disconnected clients are handled above.
        OperationCanceledException => true,
        // Orleans' client has stopped while the node's last requests were in progress. Any other disposed object is a fault.
        ObjectDisposedException disposed => disposed.ObjectName == "OutsideRuntimeClient",
        // Orleans' client has not yet learned from a silo which grains exist, or does not yet know a kind that is new in a
        // rolling upgrade. Orleans has no exception type of its own for that.
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
                return later.IsLimitOfCaller ? Problems.TooManyRequests.Answer($"{later.Message} It is safe to repeat the request later.") : Problems.ServiceUnavailable.Answer();
            case var _ when IsUnavailable(exception):
                LogUnavailable(exception.GetType().Name, GrainKeys.WithoutPersons(exception.Message));
                return Problems.ServiceUnavailable.Answer();
            default:
                LogFault(GrainKeys.WithoutPersons(exception.ToString()));
                return Problems.InternalError.Answer();
        }
    }

    [LoggerMessage(LogLevel.Warning, "The request was answered with 503 because the cluster or storage is unavailable: {Kind}: {Why}")]
    private partial void LogUnavailable(string kind, string why);

    [LoggerMessage(LogLevel.Error, "The request failed with an unexpected exception: {Exception}")]
    private partial void LogFault(string exception);
}
