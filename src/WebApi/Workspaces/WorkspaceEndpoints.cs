using EngageCenter.Access;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EngageCenter.WebApi.Workspaces;

internal static class WorkspaceEndpoints
{
    public static void MapWorkspaces(this IEndpointRouteBuilder routes)
    {
        var workspaces = routes.MapGroup("/v1/workspaces/{id}").WithTags("Workspaces").RequirePerson();
        workspaces.MapGet("", Get)
            .Describe("GetWorkspace", "A workspace", "Any member.")
            .Versioned()
            .Answers<WorkspaceResponse>(200)
            .InWorkspace();
        workspaces.MapPatch("", Rename)
            .Describe("RenameWorkspace", "Renames a workspace", "A name that a member gave stays when the agreement is put again. RenameSpace.")
            .Takes<RenameRequest>("""{ "name": "Contoso Support" }""")
            .Conditional()
            .Answers<WorkspaceResponse>(200)
            .InWorkspace(Permissions.RenameSpace);
        workspaces.MapGet("/home", Home)
            .Describe("GetHome", "The home page of a workspace", "Only what the caller may open. Any member.")
            .Answers<HomeResponse>(200)
            .InWorkspace();
        workspaces.MapGet("/audit-events", AuditEvents)
            .Describe("ListAuditEvents", "What was changed, by whom", "Newest first. ManageEntraGroups.")
            .Paged()
            .Answers<ListResponse<AuditEventResponse>>(200)
            .InWorkspace(Permissions.ManageEntraGroups)
            .Refuses(Problems.InvalidRequest);
    }

    private static async Task<IResult> Get(string id, HttpContext http, WorkspaceAccess access)
    {
        var visit = await access.Enter(http, id, Permissions.None);
        return await visit.Act(async decision => await visit.Workspace.Get(decision) is { } view
            ? Preconditions.Answer(http, view.Version, WorkspaceResponse.Of(view))
            : null);
    }

    private static async Task<IResult> Rename(string id, HttpContext http, WorkspaceAccess access)
    {
        var visit = await access.Enter(http, id, Permissions.RenameSpace);
        if (visit.Refusal is not null)
        {
            return visit.Refusal;
        }

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

    private static async Task<IResult> Home(string id, HttpContext http, WorkspaceAccess access, HomePage home) =>
        await home.Show(await access.Enter(http, id, Permissions.None));

    private static async Task<IResult> AuditEvents(string id, HttpContext http, WorkspaceAccess access)
    {
        var visit = await access.Enter(http, id, Permissions.ManageEntraGroups);
        if (visit.Refusal is not null)
        {
            return visit.Refusal;
        }

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
