using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Directories;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Workspaces;

internal static class GroupEndpoints
{
    public static void MapGroups(this IEndpointRouteBuilder routes)
    {
        var groups = routes.MapGroup("/v1/workspaces/{id}/groups").WithTags("Groups");
        groups.MapGet("", List).RequirePermission(Permissions.ViewEntraGroups).Scans("search")
            .Describe("ListGroups", "The groups that hold roles")
            .Answers<ListResponse<GroupResponse>>(200)
            .Refuses(Problems.ListChanged);
        groups.MapGet("/{groupId}", Get).RequirePermission(Permissions.ViewEntraGroups)
            .Describe("GetGroup", "A group that holds roles")
            .Versioned()
            .Answers<GroupResponse>(200)
            .Refuses(Problems.GroupNotFound);
        groups.MapPut("/{groupId}", Put).RequirePermission(Permissions.ManageEntraGroups)
            .Describe("PutGroup", "Grants roles to a group",
                "Afterwards the group holds exactly these roles, and no later check uses the roles that it held before.")
            .Example("""{ "displayName": "Engage Support", "roles": ["SupportUser"] }""")
            .Answers<GroupResponse>(200)
            .Answers<GroupResponse>(201)
            .Refuses(Problems.RoleNotAssignable, Problems.TooManyGroups, Problems.TooManyGroupsInTenant, Problems.TooManyWorkspaces);
        groups.MapPost("/{groupId}/preview", Preview).RequirePermission(Permissions.ManageEntraGroups).Scans()
            .Describe("PreviewGroup", "Previews a grant",
                "Lists the people known to the workspace who would gain or lose permissions if the group held exactly these roles, and which ones. Changes nothing.")
            .Example("""{ "roles": ["SupportUser"] }""")
            .Answers<PreviewResponse>(200)
            .Refuses(Problems.RoleNotAssignable);
        groups.MapDelete("/{groupId}", Delete).RequirePermission(Permissions.ManageEntraGroups)
            .Describe("DeleteGroup", "Removes a group's roles", "Succeeds also if the group holds no role.")
            .Answers(204);
    }

    private static Task<IResult> List(WorkspaceVisit visit, GroupListQuery query, HttpRequest request) => visit.Act(async decision =>
    {
        var only = default(ImmutableArray<Guid>);
        if (query.Status is { } status)
        {
            if (await visit.Grain<IWorkspaceDirectoryGrain>().WithStatus(decision, status) is not { } some)
            {
                return null;
            }

            only = some;
        }

        return await visit.Workspace.Groups(decision, new(query.Search, query.Role ?? Roles.None, query.Page(), only)) is { } page
            && await visit.Grain<IWorkspaceDirectoryGrain>().Facts(decision, [.. page.Items.Select(grant => grant.GroupId)]) is { } facts
            && facts.ToDictionary(of => of.GroupId) is var known
            ? Lists.Answer(request, page, grant => GroupResponse.Of(grant, known[grant.GroupId]))
            : null;
    });

    private static Task<IResult> Get(WorkspaceVisit visit, string groupId, HttpContext http) => visit.Act(async decision =>
        await visit.Workspace.Group(decision, Guid.Parse(groupId)) switch
        {
            null => null,
            { Items: [var grant] } => await Facts(visit, decision, grant) is { } facts ? Preconditions.Answer(http, grant.Version, GroupResponse.Of(grant, facts), Shown(facts)) : null,
            _ => Problems.GroupNotFound.Answer(),
        });

    private static Task<IResult> Put(WorkspaceVisit visit, string groupId, PutGroupRequest body, IfMatchHeader ifMatch, HttpContext http) => visit.Act(async decision =>
    {
        var group = Guid.Parse(groupId);
        var roles = body.Roles.Aggregate(Roles.None, (all, role) => all | role);
        if (await Known(visit, decision, group) is not { } known)
        {
            return null;
        }

        if (known.Answer == DirectoryAnswer.NotFound)
        {
            return Problems.Invalid("groupId", "The group does not exist in the directory of the organization.");
        }

        // The name comes from the directory if it has one.
        var name = (known.Group is { } found ? DirectoryGroupResponse.NameOf(found) : null) ?? body.DisplayName;
        var condition = await Condition(visit, decision, group, ifMatch);
        var outcome = await visit.Workspace.PutGroup(decision, visit.Caller.Actor, new(group, name, roles, condition));
        return outcome.Status switch
        {
            PutGroupStatus.Created => Granted(http, visit.WorkspaceId, outcome.Grant!, known, created: true),
            PutGroupStatus.Updated => Granted(http, visit.WorkspaceId, outcome.Grant!, known, created: false),
            PutGroupStatus.DecideAgain => null,
            PutGroupStatus.VersionMismatch => ifMatch.Refusal(),
            PutGroupStatus.RoleNotAssignable => Problems.RoleNotAssignable.Answer(),
            PutGroupStatus.TooManyGroups => Problems.TooManyGroups.Answer(),
            PutGroupStatus.TooManyWorkspaces => Problems.TooManyWorkspaces.Answer(),
            PutGroupStatus.TooManyGroupsInTenant => Problems.TooManyGroupsInTenant.Answer(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    });

    private static Task<IResult> Preview(WorkspaceVisit visit, string groupId, PreviewRequest body, CancellationToken aborted) => visit.Act(async decision =>
    {
        var roles = body.Roles.Aggregate(Roles.None, (all, role) => all | role);
        return (roles & ~RoleTable.Assignable) != 0 ? Problems.RoleNotAssignable.Answer()
            : await visit.Grain<IWorkspaceUsersGrain>().Preview(decision, Guid.Parse(groupId), roles, aborted) is { } preview ? TypedResults.Ok(PreviewResponse.Of(preview))
            : null;
    });

    private static Task<IResult> Delete(WorkspaceVisit visit, string groupId, IfMatchHeader ifMatch) => visit.Act(async decision =>
    {
        var group = Guid.Parse(groupId);
        var condition = await Condition(visit, decision, group, ifMatch);
        var outcome = await visit.Workspace.DeleteGroup(decision, visit.Caller.Actor, new(group, condition));
        return outcome.Status switch
        {
            DeleteGroupStatus.Deleted => TypedResults.NoContent(),
            DeleteGroupStatus.DecideAgain => null,
            DeleteGroupStatus.VersionMismatch => ifMatch.Refusal(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    });

    // Without a directory this saves a call. The workspace's grain checks the decision in any case.
    private static async ValueTask<DirectoryGroupAnswer?> Known(WorkspaceVisit visit, AccessDecision decision, Guid group) =>
        visit.Access is { HasDirectory: false } ? new(DirectoryAnswer.Unknown) : await visit.Grain<IWorkspaceDirectoryGrain>().Group(decision, group);

    // Whoever may manage groups may also see them: every member has the role User, which allows it.
    private static Task<Paging.IfMatch?> Condition(WorkspaceVisit visit, AccessDecision decision, Guid group, IfMatchHeader ifMatch) =>
        ifMatch.Choose(async () => (await visit.Workspace.Group(decision, group))?.Items is [var grant] ? grant.Version : null);

    /// <returns>Null if access must be decided again.</returns>
    private static async Task<GroupFacts?> Facts(WorkspaceVisit visit, AccessDecision decision, GroupGrant grant) =>
        await visit.Grain<IWorkspaceDirectoryGrain>().Facts(decision, [grant.GroupId]) is [var facts] ? facts : null;

    // The data from the directory that the representation shows, and that can change without the grant.
    private static string? Shown(GroupFacts facts) => facts.Status == GroupStatus.Unknown ? null : FormattableString.Invariant($"{facts.Status}-{facts.People}");

    // The decision belongs to the policy before this change, so the directory is not asked again and members are not
    // counted.
    private static IResult Granted(HttpContext http, string id, GroupGrant grant, DirectoryGroupAnswer known, bool created) => Preconditions.AnswerPut(
        http, grant.Version, GroupResponse.Of(grant, new(grant.GroupId, known.Answer == DirectoryAnswer.Found ? GroupStatus.Active : GroupStatus.Unknown)), created ? $"/v1/workspaces/{id}/groups/{grant.GroupId:D}" : null);
}
