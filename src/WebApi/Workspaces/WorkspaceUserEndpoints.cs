using EngageCenter.Access;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Workspaces;

internal static class WorkspaceUserEndpoints
{
    public static void MapWorkspaceUsers(this IEndpointRouteBuilder routes)
    {
        var users = routes.MapGroup("/v1/workspaces/{id}/users").WithTags("Users");
        users.MapGet("", List).RequirePermission(Permissions.ViewUserRoles)
            .Describe("ListUsers", "The people of a workspace", "The contract's contacts, and whoever came as a member.")
            .Query("search", "Part of the name or email, case-insensitively.")
            .Query("role", "Only people with this role.", [.. WireNames.For<Roles>().All])
            .Query("status", "Only people of this status.", [.. WireNames.For<WorkspaceUserStatus>().All])
            .Query("source", "Only people with a role by this; together with 'role', with that role by this.", [.. WireNames.For<RoleSource>().All])
            .Paged()
            .Answers<ListResponse<WorkspaceUserResponse>>(200)
            .Refuses(Problems.InvalidRequest);
    }

    private static async Task<IResult> List(WorkspaceVisit visit, HttpContext http)
    {
        var errors = new RequestErrors();
        var fields = new QueryFields(http.Request.Query, errors);
        var query = new WorkspaceUserQuery(
            fields.Text("search"),
            fields.Choice("role", WireNames.For<Roles>()) ?? Roles.None,
            fields.Choice("status", WireNames.For<WorkspaceUserStatus>()),
            fields.Choice("source", WireNames.For<RoleSource>()),
            fields.Page());
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await visit.Grain<IWorkspaceUsersGrain>().List(decision, query) is { } page
                ? Lists.Answer(http.Request, page, WorkspaceUserResponse.Of)
                : null);
    }
}
