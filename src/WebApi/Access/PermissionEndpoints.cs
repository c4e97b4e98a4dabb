using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Users;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EngageCenter.WebApi.Access;

internal static class PermissionEndpoints
{
    public static void MapPermissions(this IEndpointRouteBuilder routes)
    {
        var permissions = routes.MapGroup("/v1/workspaces/{id}/permissions").WithTags("Permissions");
        permissions.MapGet("", Mine).RequireMember().WithMetadata(new Explained())
            .Describe("GetMyPermissions", "The caller's permissions", "What the caller may do in the workspace, and the roles that it rests on. For a token that leaves out the groups, only what the contract gives.")
            .Answers<PermissionsResponse>(200);
        permissions.MapPost("/check", Check).RequireMember().WithMetadata(new Explained())
            .Describe("CheckPermissions", "Asks whether somebody may",
                "Answers each of 1 to 50 permissions, with the roles that give it. Any member asks about themselves; asking about someone else needs ViewUserRoles. Of somebody else the newest token that they came with decides, and of a person never seen the contract alone.")
            .Example("""{ "permissions": ["RenameSpace", "ViewSupportInsights"], "user": { "tenantId": "c0000000-0000-4000-8000-000000000000", "userId": "c0000000-0000-4000-8000-000000000102" } }""")
            .Answers<CheckResponse>(200)
            .Refuses(Problems.MissingPermission);
    }

    private static Ok<PermissionsResponse> Mine(WorkspaceVisit visit) => TypedResults.Ok(new PermissionsResponse(
        WireNames.List(visit.Decision.Permissions), HeldRoleResponse.Of(visit.Access!.Roles), visit.Decision.Epoch));

    private static async Task<IResult> Check(WorkspaceVisit visit, CheckRequest body, HttpContext http, UserGrains users, NodeLimits limits)
    {
        var answer = await Ask(visit, body, http, users);

        // Each role stands beside each permission that it gives: few for most people, and 100,000 for somebody of 200 groups
        // with all roles each.
        return answer is JsonHttpResult<CheckResponse> { Value.Results: var results } && results.Sum(r => r.Because.Count) is > PageLimit.LargePage and var roles
            ? await PageLimit.Count(http, limits, roles) ?? answer
            : answer;
    }

    private static async Task<IResult> Ask(WorkspaceVisit visit, CheckRequest body, HttpContext http, UserGrains users)
    {
        // The body came after the caller was let in. Where it took its time, the decision may be of an older policy.
        if (http.Features.Get<LimitedBody>() is { HasWaited: true })
        {
            await visit.Decide(explained: true);
        }

        var person = body.User is { } user ? new PersonId(user.TenantId!.Value, user.UserId!.Value) : visit.Caller.Person;
        if (person == visit.Caller.Person)
        {
            var unconfirmed = body.Permissions.All(visit.Decision.Allows) ? null : WorkspaceVisit.Unconfirmed(visit.Caller, visit.Decision);
            return visit.Refusal ?? unconfirmed ?? Answer(body.Permissions, visit.Access!, visit.Decision.Epoch);
        }

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

    private static JsonHttpResult<CheckResponse> Answer(IReadOnlyList<Permissions> asked, EffectiveAccess effective, long epoch) =>
        TypedResults.Json(new CheckResponse([.. asked.Select(p => CheckResult.Of(p, effective))], epoch), CheckJson.Default.CheckResponse);
}
