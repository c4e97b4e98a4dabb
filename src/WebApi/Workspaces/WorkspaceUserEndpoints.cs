using EngageCenter.Access;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Workspaces;

internal static class WorkspaceUserEndpoints
{
    public static void MapWorkspaceUsers(this IEndpointRouteBuilder routes)
    {
        var users = routes.MapGroup("/v1/workspaces/{id}/users").WithTags("Users");
        users.MapGet("", List).RequirePermission(Permissions.ViewUserRoles).Scans()
            .Describe("ListUsers", "The people of a workspace", "The contacts of the contract, everybody whom the directory names in a group with roles, and everybody who has signed in as a member.")
            .Answers<ListResponse<WorkspaceUserResponse>>(200)
            .Refuses(Problems.ListChanged);
        users.MapGet("/{tenantId}/{userId}", Get).RequirePermission(Permissions.ViewUserRoles)
            .Describe("GetUser", "A person of the workspace", "Returns one item of the list.")
            .Versioned()
            .Answers<WorkspaceUserResponse>(200)
            .Refuses(Problems.UserNotFound);
    }

    private static Task<IResult> Get(WorkspaceVisit visit, string tenantId, string userId, HttpContext http) => visit.Act(async decision =>
        await visit.Grain<IWorkspaceUsersGrain>().Get(decision, new(Guid.Parse(tenantId), Guid.Parse(userId))) switch
        {
            null => null,
            { Items: [var user] } => Preconditions.Answer(http, WorkspaceUserResponse.Of(user)),
            _ => Problems.UserNotFound.Answer(),
        });

    private static Task<IResult> List(WorkspaceVisit visit, WorkspaceUserListQuery query, HttpRequest request) => visit.Act(async decision =>
        await visit.Grain<IWorkspaceUsersGrain>().List(decision, new(query.Search, query.Role ?? Roles.None, query.Status, query.Source, query.Page(), query.UserType), request.HttpContext.RequestAborted) is { } page
            ? Lists.Answer(request, page, WorkspaceUserResponse.Of)
            : null);
}
