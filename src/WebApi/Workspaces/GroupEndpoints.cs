using EngageCenter.Access;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Workspaces;

internal static class GroupEndpoints
{
    private const int MaxRoles = 10;

    public static void MapGroups(this IEndpointRouteBuilder routes)
    {
        var groups = routes.MapGroup("/v1/workspaces/{id}/groups").WithTags("Groups");
        groups.MapGet("", List).RequirePermission(Permissions.ViewEntraGroups)
            .Describe("ListGroups", "The groups that hold roles")
            .Query("search", "Part of the display name or id, case-insensitively.")
            .Query("role", "Only groups with this role.", [.. WireNames.For<Roles>().All])
            .Paged()
            .Answers<ListResponse<GroupResponse>>(200)
            .Refuses(Problems.InvalidRequest);
        groups.MapGet("/{groupId}", Get).RequirePermission(Permissions.ViewEntraGroups)
            .Describe("GetGroup", "A group that holds roles")
            .Versioned()
            .Answers<GroupResponse>(200)
            .Refuses(Problems.InvalidRequest, Problems.GroupNotFound);
        groups.MapPut("/{groupId}", Put).RequirePermission(Permissions.ManageEntraGroups)
            .Describe("PutGroup", "Grants roles to a group",
                "The group holds exactly these roles afterwards, and no check that starts later decides by the ones before.")
            .Takes<PutGroupRequest>("""{ "displayName": "Engage Support", "roles": ["SupportUser"] }""")
            .Conditional()
            .Answers<GroupResponse>(200)
            .Answers<GroupResponse>(201)
            .Refuses(Problems.RoleNotAssignable, Problems.TooManyGroups, Problems.TooManyWorkspaces);
        groups.MapDelete("/{groupId}", Delete).RequirePermission(Permissions.ManageEntraGroups)
            .Describe("DeleteGroup", "Takes a group's roles away", "Also where the group held none.")
            .Conditional()
            .Answers(204);
    }

    private static async Task<IResult> List(WorkspaceVisit visit, HttpContext http)
    {
        var errors = new RequestErrors();
        var fields = new QueryFields(http.Request.Query, errors);
        var query = new GroupQuery(fields.Text("search"), fields.Choice("role", WireNames.For<Roles>()) ?? Roles.None, fields.Page());
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await visit.Workspace.Groups(decision, query) is { } page
                ? Lists.Answer(http.Request, page, GroupResponse.Of)
                : null);
    }

    private static async Task<IResult> Get(WorkspaceVisit visit, string groupId, HttpContext http)
    {
        var errors = new RequestErrors();
        var group = GroupId(groupId, errors);
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await visit.Workspace.Group(decision, group) switch
            {
                null => null,
                { Items: [var grant] } => Preconditions.Answer(http, grant.Version, GroupResponse.Of(grant)),
                _ => Problems.GroupNotFound.Answer(),
            });
    }

    private static async Task<IResult> Put(WorkspaceVisit visit, string groupId, HttpContext http)
    {
        var errors = new RequestErrors();
        var group = GroupId(groupId, errors);
        var header = Preconditions.Read(http.Request, errors);
        var (body, refusal) = await JsonBody.Read(http.Request, errors);
        if (body is null)
        {
            return refusal!;
        }

        var displayName = body.OptionalText("displayName", GroupGrant.MaxDisplayNameLength);
        var roles = ReadRoles(body, errors);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        return await visit.Act(async decision =>
        {
            var condition = await Condition(visit, decision, group, header);
            var outcome = await visit.Workspace.PutGroup(decision, visit.Caller.Actor, new(group, displayName, roles, condition));
            return outcome.Status switch
            {
                PutGroupStatus.Created => Granted(http, visit.WorkspaceId, outcome.Grant!, created: true),
                PutGroupStatus.Updated => Granted(http, visit.WorkspaceId, outcome.Grant!, created: false),
                PutGroupStatus.DecideAgain => null,
                PutGroupStatus.VersionMismatch => Problems.PreconditionFailed.Answer(),
                PutGroupStatus.RoleNotAssignable => Problems.RoleNotAssignable.Answer(),
                PutGroupStatus.TooManyGroups => Problems.TooManyGroups.Answer(),
                PutGroupStatus.TooManyWorkspaces => Problems.TooManyWorkspaces.Answer(),
                var unknown => throw new NotSupportedException($"No answer for {unknown}."),
            };
        });
    }

    private static async Task<IResult> Delete(WorkspaceVisit visit, string groupId, HttpContext http)
    {
        var errors = new RequestErrors();
        var group = GroupId(groupId, errors);
        var header = Preconditions.Read(http.Request, errors);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        return await visit.Act(async decision =>
        {
            var condition = await Condition(visit, decision, group, header);
            var outcome = await visit.Workspace.DeleteGroup(decision, visit.Caller.Actor, new(group, condition));
            return outcome.Status switch
            {
                DeleteGroupStatus.Deleted => TypedResults.NoContent(),
                DeleteGroupStatus.DecideAgain => null,
                DeleteGroupStatus.VersionMismatch => Problems.PreconditionFailed.Answer(),
                var unknown => throw new NotSupportedException($"No answer for {unknown}."),
            };
        });
    }

    private static async Task<Paging.IfMatch?> Condition(
        WorkspaceVisit visit, AccessDecision decision, Guid group, Preconditions.IfMatchHeader? header) =>
        header is null ? null : await header.Choose(async () =>
            // Who manages groups sees them too: User, which every member has, gives that.
            (await visit.Workspace.Group(decision, group))?.Items is [var grant] ? grant.Version : null);

    private static Guid GroupId(string groupId, RequestErrors errors)
    {
        if (!Text.TryReadGuid(groupId, out var group))
        {
            errors.Add("groupId", "Must be a GUID such as c0000000-0000-4000-8000-000000000206.");
        }

        return group;
    }

    private static Roles ReadRoles(JsonFields body, RequestErrors errors)
    {
        var roles = Roles.None;
        foreach (var (path, role) in body.Choices("roles", 1, MaxRoles, WireNames.For<Roles>()))
        {
            if ((roles & role) != 0)
            {
                errors.Add(path, "Must be there once only.");
            }

            roles |= role;
        }

        return roles;
    }

    private static IResult Granted(HttpContext http, string id, GroupGrant grant, bool created) => Preconditions.AnswerPut(
        http, grant.Version, GroupResponse.Of(grant), created ? $"/v1/workspaces/{id}/groups/{grant.GroupId:D}" : null);
}
