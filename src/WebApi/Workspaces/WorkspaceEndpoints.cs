using EngageCenter.Access;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EngageCenter.WebApi.Workspaces;

internal static class WorkspaceEndpoints
{
    public static void MapWorkspaces(this IEndpointRouteBuilder routes)
    {
        var workspaces = routes.MapGroup("/v1/workspaces/{id}").WithTags("Workspaces");
        workspaces.MapGet("", Get).RequireMember()
            .Describe("GetWorkspace", "A workspace")
            .Versioned()
            .Answers<WorkspaceResponse>(200);
        workspaces.MapPatch("", Rename).RequirePermission(Permissions.RenameSpace)
            .Describe("RenameWorkspace", "Renames a workspace", "A name that a member gave stays when the agreement is put again.")
            .Example("""{ "name": "Contoso Support" }""")
            .Answers<WorkspaceResponse>(200);
        workspaces.MapGet("/home", Home).RequireMember().Scans()
            .Describe("GetHome", "The home page of a workspace", "Only what the caller may open.")
            .Answers<HomeResponse>(200);
        workspaces.MapGet("/audit-events", AuditEvents).RequirePermission(Permissions.ManageEntraGroups)
            .Describe("ListAuditEvents", "What was changed, by whom", "Newest first.")
            .Answers<ListResponse<AuditEventResponse>>(200);
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

    private static Task<IResult> AuditEvents(WorkspaceVisit visit, PageQuery query, HttpRequest request) => visit.Act(async decision =>
        await visit.Workspace.AuditEvents(decision, query.Page()) is { } events
            ? Lists.Answer(request, events, AuditEventResponse.Of)
            : null);

    private static Ok<WorkspaceResponse> Renamed(HttpContext http, WorkspaceView view)
    {
        http.Response.Headers.ETag = Preconditions.TagOf(view.Version);
        return TypedResults.Ok(WorkspaceResponse.Of(view));
    }
}
