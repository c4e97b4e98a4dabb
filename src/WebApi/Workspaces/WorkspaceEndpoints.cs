using EngageCenter.Access;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;
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
            .Takes<RenameRequest>("""{ "name": "Contoso Support" }""")
            .Conditional()
            .Answers<WorkspaceResponse>(200);
        workspaces.MapGet("/home", Home).RequireMember()
            .Describe("GetHome", "The home page of a workspace", "Only what the caller may open.")
            .Answers<HomeResponse>(200);
        workspaces.MapGet("/audit-events", AuditEvents).RequirePermission(Permissions.ManageEntraGroups)
            .Describe("ListAuditEvents", "What was changed, by whom", "Newest first.")
            .Paged()
            .Answers<ListResponse<AuditEventResponse>>(200)
            .Refuses(Problems.InvalidRequest);
    }

    private static async Task<IResult> Get(WorkspaceVisit visit, HttpContext http)
    {
        return await visit.Act(async decision => await visit.Workspace.Get(decision) is { } view
            ? Preconditions.Answer(http, view.Version, WorkspaceResponse.Of(view))
            : null);
    }

    private static async Task<IResult> Rename(WorkspaceVisit visit, HttpContext http)
    {
        var errors = new RequestErrors();
        var header = Preconditions.Read(http.Request, errors);
        var (body, refusal) = await JsonBody.Read(http.Request, errors);
        if (body is null)
        {
            return refusal!;
        }

        var name = body.RequiredText("name", WorkspaceHeader.MaxNameLength);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        return await visit.Act(async decision =>
        {
            var condition = header is null
                ? (Paging.IfMatch?)null
                : await header.Choose(async () => (await visit.Workspace.Get(decision))?.Version);
            var outcome = await visit.Workspace.Rename(decision, visit.Caller.Actor, new(name!, condition));
            return outcome.Status switch
            {
                RenameStatus.Renamed => Renamed(http, outcome.Workspace!),
                RenameStatus.DecideAgain => null,
                RenameStatus.VersionMismatch => Problems.PreconditionFailed.Answer(),
                var unknown => throw new NotSupportedException($"No answer for {unknown}."),
            };
        });
    }

    private static async Task<IResult> Home(WorkspaceVisit visit, HomePage home) => await home.Show(visit);

    private static async Task<IResult> AuditEvents(WorkspaceVisit visit, HttpContext http)
    {
        var errors = new RequestErrors();
        var page = new QueryFields(http.Request.Query, errors).Page();
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await visit.Workspace.AuditEvents(decision, page) is { } events
                ? Lists.Answer(http.Request, events, AuditEventResponse.Of)
                : null);
    }

    private static Ok<WorkspaceResponse> Renamed(HttpContext http, WorkspaceView view)
    {
        http.Response.Headers.ETag = Preconditions.TagOf(view.Version);
        return TypedResults.Ok(WorkspaceResponse.Of(view));
    }
}
