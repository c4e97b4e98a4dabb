using EngageCenter.Client.Models;
using Microsoft.Kiota.Abstractions;
using static EngageCenter.Portal.Texts;

namespace EngageCenter.Portal.Api;

/// <summary>A part of a page: the API's answer, or a sentence that says why it is missing.</summary>
internal sealed record Part<T>(T? Value, string? Missing)
    where T : class;

internal static class Part
{
    public static string ChangedMeanwhile => T("Somebody else has changed this meanwhile. Check it, and send it again.");

    public static async Task<Part<T>> Of<T>(Task<T?> call)
        where T : class
    {
        try
        {
            return new(await call, null);
        }
        catch (Exception e) when (Sentence(e) is { } sentence)
        {
            return new(null, sentence);
        }
    }

    /// <summary>Makes a change. Returns null, or a sentence that says why it was refused.</summary>
    public static async Task<string?> Try(Func<Task> change)
    {
        try
        {
            await change();
            return null;
        }
        catch (Exception e) when (Sentence(e) is { } sentence)
        {
            return sentence;
        }
    }

    /// <returns>Null for a fault in the portal itself.</returns>
    private static string? Sentence(Exception fault) => fault switch
    {
        Problem { Status: 403 } => T("Your roles do not open this any more."),
        Problem { Status: 404 } => T("There is no such thing here any more, or it is not open to you."),
        Problem { Status: 412 } => ChangedMeanwhile,
        Problem { Status: 401 } => T("Your sign-in has ended. Load the page again to sign in."),
        Problem { Status: 429 or >= 500 } => T("The service is busy and could not answer."),
        Problem problem => Refusal(problem),
        // The client throws this if a retry gets the same answer.
        AggregateException { InnerExceptions: [ApiException, ..] } => T("The service is busy and could not answer."),
        ApiException or HttpRequestException or TaskCanceledException or IOException or System.Text.Json.JsonException => T("The service could not be reached."),
        _ => null,
    };

    // The API's texts are in English. For each request the portal knows which refusals are possible, and has its own texts.
    private static string Refusal(Problem problem) => $"{problem.Type}" switch
    {
        _ when Language == "en" && !string.IsNullOrWhiteSpace(problem.Detail) => problem.Detail,
        "ProblemsLastAdministrator" => T("Nobody would be left to manage the groups of this workspace."),
        "ProblemsRoleNotAssignable" => T("One of the roles comes by the contract alone."),
        "ProblemsRunInProgress" => T("A run is under way already."),
        "ProblemsTooManyGroups" => T("The workspace has as many groups as it may have."),
        "ProblemsListChanged" => T("The list has changed meanwhile. Begin with its first page."),
        _ => T("The service refused it."),
    };
}
