using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Users;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EngageCenter.WebApi.Access;

internal static class PermissionEndpoints
{
    public static void MapPermissions(this IEndpointRouteBuilder routes)
    {
        var permissions = routes.MapGroup("/v1/workspaces/{id}/permissions").WithTags("Permissions");
        permissions.MapGet("", Mine).RequireMember()
            .Describe("GetMyPermissions", "The caller's permissions", "What the caller may do in the workspace, and the roles that it rests on. For a token that leaves out the groups, only what the contract gives.")
            .Answers<PermissionsResponse>(200);
        permissions.MapPost("/check", Check).RequireMember()
            .Describe("CheckPermissions", "Asks whether somebody may",
                "Answers each of 1 to 50 permissions, with the roles that give it. Any member asks about themselves; asking about someone else needs ViewUserRoles. Of somebody else the newest token that they came with decides, and of a person never seen the contract alone.")
            .Example("""{ "permissions": ["RenameSpace", "ViewSupportInsights"], "user": { "tenantId": "c0000000-0000-4000-8000-000000000000", "userId": "c0000000-0000-4000-8000-000000000102" } }""")
            .Answers<CheckResponse>(200)
            .Refuses(Problems.MissingPermission);
    }

    private static async Task<IResult> Mine(WorkspaceVisit visit, UserGrains users)
    {
        var effective = await Explain(users, visit.Caller, visit.WorkspaceId);
        return WorkspaceVisit.RefusalOf(visit.Caller, effective.Decision, Permissions.None) ?? TypedResults.Ok(new PermissionsResponse(
            WireNames.List(effective.Decision.Permissions), HeldRoleResponse.Of(effective.Roles), effective.Decision.Epoch));
    }

    private static async Task<IResult> Check(WorkspaceVisit visit, CheckRequest body, UserGrains users)
    {
        var person = body.User is { } user ? new PersonId(user.TenantId!.Value, user.UserId!.Value) : visit.Caller.Person;
        if (person == visit.Caller.Person)
        {
            var own = await Explain(users, visit.Caller, visit.WorkspaceId);
            var unconfirmed = body.Permissions.All(own.Decision.Allows) ? null : WorkspaceVisit.Unconfirmed(visit.Caller);
            return unconfirmed ?? WorkspaceVisit.RefusalOf(visit.Caller, own.Decision, Permissions.None) ?? Answer(body.Permissions, own, own.Decision.Epoch);
        }

        // The body came after the caller was let in, and may have taken its time.
        await visit.Decide();
        return await visit.Act(async decision =>
            WorkspaceVisit.RefusalOf(visit.Caller, decision, Permissions.ViewUserRoles)
            ?? await users.Of(person).ExplainLastKnown(visit.WorkspaceId, decision) switch
            {
                null => null,
                { Decision.Standing: Standing.Unconfirmed } => Problems.AccessUnconfirmed.Answer(),

                // An outsider's decision names no epoch; then it is the policy by which the caller asks.
                var other => Answer(body.Permissions, other, other.Decision.Standing == Standing.Member ? other.Decision.Epoch : decision.Epoch),
            });
    }

    private static Ok<CheckResponse> Answer(IReadOnlyList<Permissions> asked, EffectiveAccess effective, long epoch) =>
        TypedResults.Ok(new CheckResponse([.. asked.Select(p => CheckResult.Of(p, effective))], epoch));

    private static ValueTask<EffectiveAccess> Explain(UserGrains users, PersonCaller caller, string workspaceId) =>
        users.Of(caller.Person).Explain(caller.SignIn, workspaceId);
}
