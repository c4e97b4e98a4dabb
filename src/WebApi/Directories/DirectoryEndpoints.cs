using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Directories;

internal static class DirectoryEndpoints
{
    public static void MapDirectory(this IEndpointRouteBuilder routes)
    {
        var directory = routes.MapGroup("/v1/workspaces/{id}/directory").WithTags("Directory");
        directory.MapGet("", Get).RequirePermission(Permissions.ViewEntraGroups)
            .Describe("GetDirectory", "Whether the directory answers", "That of the tenant of the workspace's organization.")
            .Answers<DirectoryResponse>(200);
        directory.MapGet("/groups", Groups).RequirePermission(Permissions.ManageEntraGroups).Scans()
            .Describe("ListDirectoryGroups", "The groups of the directory", "Security groups of the organization's tenant, by name; none where no directory is configured.")
            .Answers<ListResponse<DirectoryGroupResponse>>(200);
    }

    private static Task<IResult> Get(WorkspaceVisit visit) => visit.Act(async decision =>
        await visit.Grain<IWorkspaceDirectoryGrain>().State(decision) is { } state && await visit.Grain<IWorkspaceUsersGrain>().LeavesOut(decision) is { } leavesOut
            ? TypedResults.Ok(DirectoryResponse.Of(state, leavesOut))
            : null);

    private static Task<IResult> Groups(WorkspaceVisit visit, DirectoryGroupListQuery query, HttpRequest request) => visit.Act(async decision =>
        await visit.Grain<IWorkspaceDirectoryGrain>().Groups(decision, new(query.Search, query.Page())) is { } page
            ? Lists.Answer(request, page, DirectoryGroupResponse.Of)
            : null);
}
