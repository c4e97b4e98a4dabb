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
                "The group holds exactly these roles afterwards, and no check that starts later decides by the ones before.")
            .Example("""{ "displayName": "Engage Support", "roles": ["SupportUser"] }""")
            .Answers<GroupResponse>(200)
            .Answers<GroupResponse>(201)
            .Refuses(Problems.RoleNotAssignable, Problems.TooManyGroups, Problems.TooManyGroupsInTenant, Problems.TooManyWorkspaces);
        groups.MapPost("/{groupId}/preview", Preview).RequirePermission(Permissions.ManageEntraGroups).Scans()
            .Describe("PreviewGroup", "What a grant would change",
                "Who of the people that the workspace knows of would gain or lose which permissions, if the group held exactly these roles. Nothing is changed.")
            .Example("""{ "roles": ["SupportUser"] }""")
            .Answers<PreviewResponse>(200)
            .Refuses(Problems.RoleNotAssignable);
        groups.MapDelete("/{groupId}", Delete).RequirePermission(Permissions.ManageEntraGroups)
            .Describe("DeleteGroup", "Takes a group's roles away", "Also where the group held none.")
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
        if (await visit.Grain<IWorkspaceDirectoryGrain>().Group(decision, group) is not { } known)
        {
            return null;
        }

        if (known.Answer == DirectoryAnswer.NotFound)
        {
            return Problems.Invalid("groupId", "The directory of the organization has no such group.");
        }

        // The name follows the directory, where it says one.
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

    // Who manages groups sees them too: User, which every member has, gives that.
    private static Task<Paging.IfMatch?> Condition(WorkspaceVisit visit, AccessDecision decision, Guid group, IfMatchHeader ifMatch) =>
        ifMatch.Choose(async () => (await visit.Workspace.Group(decision, group))?.Items is [var grant] ? grant.Version : null);

    /// <returns>Null: decide again.</returns>
    private static async Task<GroupFacts?> Facts(WorkspaceVisit visit, AccessDecision decision, GroupGrant grant) =>
        await visit.Grain<IWorkspaceDirectoryGrain>().Facts(decision, [grant.GroupId]) is [var facts] ? facts : null;

    // Of what the directory says, all that changes without the grant.
    private static string? Shown(GroupFacts facts) => facts.Status == GroupStatus.Unknown ? null : FormattableString.Invariant($"{facts.Status}-{facts.People}");

    // The decision is of the policy before, so the directory is not asked again, and nobody is counted.
    private static IResult Granted(HttpContext http, string id, GroupGrant grant, DirectoryGroupAnswer known, bool created) => Preconditions.AnswerPut(
        http, grant.Version, GroupResponse.Of(grant, new(grant.GroupId, known.Answer == DirectoryAnswer.Found ? GroupStatus.Active : GroupStatus.Unknown)), created ? $"/v1/workspaces/{id}/groups/{grant.GroupId:D}" : null);
}
