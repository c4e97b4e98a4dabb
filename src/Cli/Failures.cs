using System.Net.Sockets;
using EngageCenter.Cli.Output;
using EngageCenter.Client.Models;
using Microsoft.Identity.Client;
using Microsoft.Kiota.Abstractions;

namespace EngageCenter.Cli;

/// <summary>Explains an exception to the user: the exit code, what happened, and what to do.</summary>
internal static class Failures
{
    /// <returns>Null if the exception is a bug of this program.</returns>
    public static (int Code, string Message)? Of(Exception fault) => fault switch
    {
        EngageException known => (known.Code, known.Message),
        Problem problem => (CodeOf(problem), Sentence(problem)),
        MsalUiRequiredException => (ExitCodes.SignIn, "The sign-in has ended. Run 'engage login'."),
        MsalServiceException { StatusCode: >= 500 or 429 } => (ExitCodes.Unavailable, "The sign-in service is busy. Try again in a minute."),
        MsalException refused => (ExitCodes.SignIn, $"The sign-in did not work: {Clean.Line(refused.Message)} Run 'engage login' again."),
        ApiException { ResponseStatusCode: 401 } => (ExitCodes.SignIn, "The service does not accept the sign-in. Run 'engage login'."),
        ApiException answer when IsBusy(answer) => (ExitCodes.Unavailable, $"The service is too busy, or failed (status {answer.ResponseStatusCode}). Try again later."),
        ApiException { ResponseStatusCode: > 0 } answer => (ExitCodes.Unavailable, $"What answered is not the service, or not well: status {answer.ResponseStatusCode}. Check the address with 'engage whoami --json'."),
        HttpRequestException or ApiException => (ExitCodes.Unavailable, $"The service could not be reached: {Clean.Line(fault.Message)} Check the address and the network, and try again."),
        not null when IsCut(fault) => (ExitCodes.Unavailable, "The connection to the service was cut. Try again."),
        TaskCanceledException { InnerException: TimeoutException } => (ExitCodes.Unavailable, "The service did not answer in time. Try again."),
        IOException or UnauthorizedAccessException => (ExitCodes.Wrong, Clean.Line(fault.Message)),
        _ => null,
    };

    /// <summary>Whether the same request may succeed later.</summary>
    public static bool IsBusy(ApiException answer) => answer.ResponseStatusCode is 408 or 429 or >= 500;

    /// <summary>Whether there was no connection, or it ended before the complete answer.</summary>
    public static bool IsCut(Exception fault) => fault is HttpRequestException or HttpIOException or IOException { InnerException: SocketException };

    private static int CodeOf(Problem problem) => problem.Status switch
    {
        401 => ExitCodes.SignIn,
        400 or 413 or 415 => ExitCodes.Wrong,
        429 or >= 500 => ExitCodes.Unavailable,
        _ => ExitCodes.No,
    };

    private static string Sentence(Problem problem) => problem switch
    {
        { Status: 401 } => "The service does not accept the sign-in. Run 'engage login'.",
        { AppRole: { } role } => $"This is for an application with the app role {Clean.Line(role)}. Set ENGAGE_CLIENT_ID, ENGAGE_CLIENT_SECRET and ENGAGE_TENANT_ID to those of one.",
        { Permission: { } permission } => $"Your roles in this workspace do not give {Clean.Line(permission)}. 'engage why {Clean.Line(permission)}' says who does.",
        { Type: Problem_type.ProblemsWrongCaller } => $"{Detail(problem)} {(problem.Detail?.Contains("application", StringComparison.OrdinalIgnoreCase) == true ? "Set ENGAGE_CLIENT_ID, ENGAGE_CLIENT_SECRET and ENGAGE_TENANT_ID to those of an application, or unset them to be yourself." : "")}".TrimEnd(),
        { Type: Problem_type.ProblemsWorkspaceNotFound } => "There is no such workspace, or it is not open to you. 'engage workspaces' lists yours.",
        { Status: 412 } => "It was changed by somebody else meanwhile. Look at it, and give the command again.",
        { Status: 429 or 503 } => $"The service is too busy now. {Detail(problem)} Try again{After(problem)}.",
        { Errors.AdditionalData.Count: > 0 } => $"{Detail(problem)}{string.Concat(problem.Errors.AdditionalData.Select(e => $"\n  {Clean.Line(e.Key)}: {string.Join(' ', Untyped.Texts(e.Value).Select(Clean.Line))}"))}",
        { Status: >= 500 } => $"The service failed. {Detail(problem)} Its trace id is {Clean.Line(problem.TraceId)}: tell it to whoever runs the service.",
        _ => Detail(problem),
    };

    private static string Detail(Problem problem) => Clean.Line(problem.Detail is { Length: > 0 } detail ? detail : problem.Title ?? $"The service refused it with status {problem.Status}.");

    private static string After(Problem problem) => RetryAfter(problem) is { } seconds ? $" in {seconds} s" : "";

    /// <summary>Returns how many seconds the service asks to wait; null if it does not say.</summary>
    public static int? RetryAfter(ApiException answer) =>
        answer.ResponseHeaders?.FirstOrDefault(h => string.Equals(h.Key, "Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault() is { } value && int.TryParse(value, out var seconds) && seconds >= 0
            ? seconds
            : null;
}
