using System.Text.Json;
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
            .Describe("GetMyPermissions", "The caller's permissions", "The caller's permissions in the workspace, and the roles that give them. If the token leaves out the groups, only permissions from the contract are listed.")
            .Answers<PermissionsResponse>(200);
        permissions.MapPost("/check", Check).RequireMember().WithMetadata(new Explained())
            .Describe("CheckPermissions", "Checks a person's permissions",
                "Answers for 1 to 50 permissions, with the roles that give each one. Every member may ask about themselves; asking about someone else needs ViewUserRoles. For someone else, the groups of their newest known token count; for a person who never signed in, only the contract counts.")
            .Example("""{ "permissions": ["RenameSpace", "ViewSupportInsights"], "user": { "tenantId": "c0000000-0000-4000-8000-000000000000", "userId": "c0000000-0000-4000-8000-000000000102" } }""")
            .Answers<CheckResponse>(200)
            .Refuses(Problems.MissingPermission);
    }

    private static Ok<PermissionsResponse> Mine(WorkspaceVisit visit) => TypedResults.Ok(new PermissionsResponse(
        WireNames.List(visit.Decision.Permissions), HeldRoleResponse.Of(visit.Access!.Roles), visit.Decision.Epoch));

    private static async Task<IResult> Check(WorkspaceVisit visit, CheckRequest body, HttpContext http, UserGrains users, NodeLimits limits)
    {
        // The body may have arrived slowly, after the caller was let in. Then the decision may rest on an older policy.
        if (http.Features.Get<LimitedBody>() is { HasWaited: true })
        {
            await visit.Decide(explained: true);
        }

        var person = body.User is { } user ? new PersonId(user.TenantId!.Value, user.UserId!.Value) : visit.Caller.Person;
        if (person == visit.Caller.Person)
        {
            var unconfirmed = body.Permissions.All(visit.Decision.Allows) ? null : WorkspaceVisit.Unconfirmed(visit.Caller, visit.Decision);
            return visit.Refusal ?? unconfirmed ?? await Answer(visit.Access!, visit.Decision.Epoch);
        }

        return await visit.Act(async decision =>
            WorkspaceVisit.RefusalOf(visit.Caller, decision, Permissions.ViewUserRoles)
            ?? await users.Of(person).ExplainLastKnown(visit.WorkspaceId, decision) switch
            {
                null => null,
                { Decision.Standing: Standing.Unconfirmed } => Problems.AccessUnconfirmed.Answer(),

                // An outsider's decision has no epoch. Then the epoch is that of the caller's decision.
                var other => await Answer(other, other.Decision.Standing == Standing.Member ? other.Decision.Epoch : decision.Epoch),
            });

        async ValueTask<IResult> Answer(EffectiveAccess effective, long epoch)
        {
            var response = new CheckResponse([.. body.Permissions.Select(p => CheckResult.Of(p, effective))], epoch);

            // The response lists each role beside each permission that it gives. That is short for most people, but has 100,000
            // entries for a person in 200 groups that hold all roles.
            if (response.Results.Sum(r => r.Because.Count) is > PageLimit.LargePage and var roles)
            {
                return await PageLimit.Count(http, limits, roles) ?? TypedResults.Json(response, CheckJson.Default.CheckResponse);
            }

            // A short response is written in one piece, with its length. Written as JSON it would be chunked.
            return TypedResults.Text(JsonSerializer.SerializeToUtf8Bytes(response, CheckJson.Default.CheckResponse), "application/json; charset=utf-8");
        }
    }
}
