using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using Microsoft.AspNetCore.Http.Features;

namespace EngageCenter.WebApi.Access;

/// <summary>Returns lists of a workspace: as JSON, one page at a time, or as CSV in full.</summary>
internal static class WorkspaceLists
{
    // If the policy changes at every attempt to read a page, the reader should not wait any longer.
    private const int Attempts = 5;

    /// <param name="query">
    /// The page that a client of JSON asks for. An export ignores it: it starts at the beginning, with pages of its own.
    /// </param>
    /// <param name="read">
    /// Reads a page under a decision. Its last parameter says whether the total is wanted; an export does not need it.
    /// Returns null if the policy has changed since the decision; then access is decided again.
    /// </param>
    public static async Task<IResult> List<TItem, TWire>(
        this WorkspaceVisit visit,
        HttpContext http,
        IExported query,
        Func<AccessDecision, PageRequest, bool, Task<Page<TItem>?>> read,
        Func<TItem, TWire> wire)
    {
        http.Response.Headers.Vary = "Accept";
        return Representations.Choose(http.Request) switch
        {
            Representation.Json => await visit.Act(async decision =>
                await read(decision, query.Page(), true) is { } items ? Lists.Answer(http.Request, items, wire) : null),
            Representation.Csv => TakePlace(http) ?? await visit.Act(async decision =>
                await read(decision, new(PageRequest.MaxSize, null), false) is { } first
                    ? new CsvExport<TItem, TWire>(NameOf(http, visit), query.Bom == true, first, next => ReadOn(visit, d => read(d, new(PageRequest.MaxSize, next), false)), wire)
                    : null),
            _ => Problems.NotAcceptable.Answer(),
        };
    }

    /// <summary>
    /// Takes one of the places for exports until the request ends. Returns the refusal if no place is free.
    /// </summary>
    public static IResult? TakePlace(HttpContext http)
    {
        var place = http.RequestServices.GetRequiredService<NodeLimits>().Exports.TryTake(http.Features.GetRequiredFeature<Claimant>());
        if (!place.IsTaken)
        {
            return OverLimitException.Of(place.UsedUp, "exports").Answer();
        }

        http.Response.RegisterForDispose(place);
        return null;
    }

    private static string NameOf(HttpContext http, WorkspaceVisit visit) => $"{http.Request.Path.Value!.TrimEnd('/').Split('/')[^1]}-{visit.WorkspaceId}";

    /// <summary>
    /// Reads one page after deciding access again. Returns null if the caller lost access, or if it cannot be confirmed.
    /// </summary>
    public static async Task<Page<TItem>?> ReadOn<TItem>(this WorkspaceVisit visit, Func<AccessDecision, Task<Page<TItem>?>> read)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            await visit.Decide(anew: attempt > 0);
            if (visit.Refusal is not null)
            {
                return null;
            }

            if (await read(visit.Decision) is { } page)
            {
                return page;
            }
        }

        return null;
    }
}
