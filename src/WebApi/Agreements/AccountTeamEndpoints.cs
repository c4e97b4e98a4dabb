using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Users;

namespace EngageCenter.WebApi.Agreements;

internal static class AccountTeamEndpoints
{
    public static void MapAccountTeam(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/v1/workspaces/{id}/account-team").WithTags("Agreements")
            .MapGet("", Get).RequireMember()
            .Describe("GetAccountTeam", "Who answers for the workspace's packages",
                "The primary Customer Success Account Managers and Incident Managers, once for each kind of package (EnterpriseWide, AddOn) in the selected billing scope. A reader of a billing account reads all its profiles. Whoever reads none is told how to reach Microsoft's support, with the reason `NoBillingAccess`.")
            .Query("billingAccountId", "Selects an account that the caller may read; without it the first scope of theirs is selected.")
            .Query("billingProfileId", "Selects one profile of that account.")
            .Answers<AccountTeamResponse>(200)
            .Refuses(Problems.InvalidRequest, Problems.BillingAccess);

    private static async Task<IResult> Get(WorkspaceVisit visit, HttpContext http, UserGrains users)
    {
        var errors = new RequestErrors();
        var fields = new QueryFields(http.Request.Query, errors);
        var (account, profile) = (fields.Text("billingAccountId", BillingScope.MaxIdLength), fields.Text("billingProfileId", BillingScope.MaxIdLength));
        if (profile is not null && account is null)
        {
            errors.Add("billingAccountId", "Is required where 'billingProfileId' is given.");
        }

        return errors.Any ? Problems.Invalid(errors) : Answer(visit, await Ask(users, visit, account is null ? null : new(account, profile)));
    }

    /// <summary>The team that the caller may see, decided and told in one call.</summary>
    public static ValueTask<AccountTeamOutcome> Ask(UserGrains users, WorkspaceVisit visit, BillingScope? asked) =>
        users.Of(visit.Caller.Person).AccountTeam(visit.Caller.SignIn, visit.WorkspaceId, asked);

    private static IResult Answer(WorkspaceVisit visit, AccountTeamOutcome outcome) =>
        WorkspaceVisit.RefusalOf(visit.Caller, outcome.Decision, Permissions.None)
        ?? (outcome.Status == AccountTeamStatus.ScopeRefused
            ? Problems.BillingAccess.Answer()
            : TypedResults.Ok(AccountTeamResponse.Of(outcome)));
}
