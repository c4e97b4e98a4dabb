using System.Globalization;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace EngageCenter.WebApi.Workspaces;

internal static class WorkspaceEndpoints
{
    private const string LastEventId = "Last-Event-ID";
    private const string NoEvent = "Must be the id of an event of this workspace, or 0.";

    private static readonly MediaTypeHeaderValue json = new("application/json");
    private static readonly MediaTypeHeaderValue lines = new(AuditExport.MediaType);
    private static readonly MediaTypeHeaderValue events = new("text/event-stream");

    public static void MapWorkspaces(this IEndpointRouteBuilder routes)
    {
        var workspaces = routes.MapGroup("/v1/workspaces/{id}").WithTags("Workspaces");
        workspaces.MapGet("", Get).RequireMember()
            .Describe("GetWorkspace", "A workspace")
            .Versioned()
            .Answers<WorkspaceResponse>(200);
        workspaces.MapPatch("", Rename).RequirePermission(Permissions.RenameSpace)
            .Describe("RenameWorkspace", "Renames a workspace", "A name that a member has set stays when the agreement is updated.")
            .Example("""{ "name": "Contoso Support" }""")
            .Answers<WorkspaceResponse>(200);
        workspaces.MapGet("/home", Home).RequireMember().Scans()
            .Describe("GetHome", "The home page of a workspace", "Contains only the parts that the caller may open.")
            .Answers<HomeResponse>(200);
        workspaces.MapGet("/audit-events", AuditEvents).RequirePermission(Permissions.ManageEntraGroups)
            .Describe("ListAuditEvents", "The audit trail", "Who changed what, newest first. With `Accept: application/x-ndjson`, returns the complete trail, oldest first, one event on each line, with the SHA-256 hash of the line before as `previousHash`.")
            .Answers<ListResponse<AuditEventResponse>>(200)
            .AnswersText(AuditExport.MediaType)
            .Refuses(Problems.NotAcceptable);
        workspaces.MapGet("/audit-events/stream", StreamAuditEvents).RequirePermission(Permissions.ManageEntraGroups).WithMetadata(new StreamedAnswer()).DisableHttpMetrics()
            .Describe("StreamAuditEvents", "Follows the audit trail",
                "Server-Sent Events: the existing events, oldest first, and then new ones. An event `audit` has the id of the audit event as its `id`, and an item of the list of audit events as its data. A reader whose connection was lost continues with `Last-Event-ID` and misses nothing. A comment is sent at least every 15 s. The event `end` says why the stream ends: `complete`, `access-lost`, `access-unconfirmed`, `token-expired`, `node-stopping`, `slow-reader` or `trail-replaced`. With `Accept: application/x-ndjson`, returns the existing events, one on each line.")
            .WithMetadata(new HeaderParameter(LastEventId, "The id of the last event that the reader has received. It takes precedence over `after`."))
            .AnswersText("text/event-stream", AuditExport.MediaType)
            .Refuses(Problems.NotAcceptable);
    }

    private static Task<IResult> Get(WorkspaceVisit visit, HttpContext http) => visit.Act(async decision =>
        await visit.Workspace.Get(decision) is { } view
            ? Preconditions.Answer(http, view.Version, WorkspaceResponse.Of(view))
            : null);

    private static Task<IResult> Rename(WorkspaceVisit visit, RenameRequest body, IfMatchHeader ifMatch, HttpContext http) => visit.Act(async decision =>
    {
        var condition = await ifMatch.Choose(async () => (await visit.Workspace.Get(decision))?.Version);
        var outcome = await visit.Workspace.Rename(decision, visit.Caller.Actor, new(body.Name, condition));
        return outcome.Status switch
        {
            RenameStatus.Renamed => Renamed(http, outcome.Workspace!),
            RenameStatus.DecideAgain => null,
            RenameStatus.VersionMismatch => ifMatch.Refusal(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    });

    private static Task<IResult> Home(WorkspaceVisit visit, HomePage home) => home.Show(visit);

    private static async Task<IResult> AuditEvents(WorkspaceVisit visit, PageQuery query, HttpContext http)
    {
        http.Response.Headers.Vary = "Accept";
        return Representations.Choose(http.Request, json, lines) switch
        {
            0 => await visit.Act(async decision => await visit.Workspace.AuditEvents(decision, query.Page()) is { } events
                ? Lists.Answer(http.Request, events, AuditEventResponse.Of)
                : null),
            1 => await ExportAuditEvents(visit, http, after: 0),
            _ => Problems.NotAcceptable.Answer("The response is available only as application/json and application/x-ndjson."),
        };
    }

    private static async Task<IResult> StreamAuditEvents(WorkspaceVisit visit, AuditStreamQuery query, HttpContext http, AuditFeed feed, NodeLimits limits)
    {
        var after = query.After ?? 0;
        var last = http.Request.Headers[LastEventId];
        if (last.Count > 0 && !int.TryParse(last.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            return Problems.Invalid(LastEventId, NoEvent);
        }

        // Opening a stream reads a page, and a client may open and close streams repeatedly.
        if (await PageLimit.Count(http, limits, AuditFeed.PageSize) is { } refusal)
        {
            return refusal;
        }

        http.Response.Headers.Vary = "Accept";
        try
        {
            return Representations.Choose(http.Request, events, lines) switch
            {
                0 => await visit.Act(async decision => await visit.Workspace.AuditEventsAfter(decision, after, AuditFeed.PageSize) is { } first
                    ? feed.Open(visit, http, after, first, isLive: query.Live != false && http.Features.Get<HeadRequest>() is null)
                    : null),
                1 => await ExportAuditEvents(visit, http, after),
                _ => Problems.NotAcceptable.Answer("The response is available only as text/event-stream and application/x-ndjson."),
            };
        }
        catch (InvalidCursorException)
        {
            return Problems.Invalid(last.Count > 0 ? LastEventId : "after", NoEvent);
        }
    }

    private static async Task<IResult> ExportAuditEvents(WorkspaceVisit visit, HttpContext http, long after) =>
        WorkspaceLists.TakePlace(http) ?? await visit.Act(async decision =>
            await visit.Workspace.AuditEventsAfter(decision, after, PageRequest.MaxSize) is { } first
                ? new AuditExport(visit.WorkspaceId, after, first, last => visit.ReadOn(d => visit.Workspace.AuditEventsAfter(d, last, PageRequest.MaxSize)))
                : null);

    private static Ok<WorkspaceResponse> Renamed(HttpContext http, WorkspaceView view)
    {
        http.Response.Headers.ETag = Preconditions.TagOf(view.Version);
        return TypedResults.Ok(WorkspaceResponse.Of(view));
    }
}
