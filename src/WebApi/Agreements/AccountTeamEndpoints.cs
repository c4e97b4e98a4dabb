using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Users;

namespace EngageCenter.WebApi.Agreements;

internal static class AccountTeamEndpoints
{
    public static void MapAccountTeam(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/v1/workspaces/{id}/account-team").WithTags("Agreements")
            .MapGet("", Get).RequireMember()
            .Describe("GetAccountTeam", "The account team of the workspace's packages",
                "The primary Customer Success Account Managers and Incident Managers, once for each kind of package (EnterpriseWide, AddOn) in the selected billing scope. A reader of a billing account reads all its profiles. A caller who may read no billing scope receives only the contact of Microsoft support, with the reason `NoBillingAccess`.")
            .Answers<AccountTeamResponse>(200)
            .Refuses(Problems.BillingAccess);

    private static async Task<IResult> Get(WorkspaceVisit visit, AccountTeamQuery query, UserGrains users) =>
        Answer(visit, await Ask(users, visit, query.BillingAccountId is { } account ? new(account, query.BillingProfileId) : null));

    /// <summary>Decides access and returns the team that the caller may see, in one grain call.</summary>
    public static ValueTask<AccountTeamOutcome> Ask(UserGrains users, WorkspaceVisit visit, BillingScope? asked) =>
        users.Of(visit.Caller.Person).AccountTeam(visit.Caller.SignIn, visit.WorkspaceId, asked);

    private static IResult Answer(WorkspaceVisit visit, AccountTeamOutcome outcome) =>
        WorkspaceVisit.RefusalOf(visit.Caller, outcome.Decision, Permissions.None)
        ?? (outcome.Status == AccountTeamStatus.ScopeRefused
            ? Problems.BillingAccess.Answer()
            : TypedResults.Ok(AccountTeamResponse.Of(outcome)));
}
