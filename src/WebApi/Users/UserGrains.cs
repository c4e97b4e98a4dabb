using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Users;
using EngageCenter.WebApi.Identity;

namespace EngageCenter.WebApi.Users;

/// <summary>
/// The way to people's grains, and the only one. Whoever is of a tenant that is not allowed gets here, without any grain, the
/// answers that an outsider gets from theirs: so every endpoint answers the two alike.
/// </summary>
internal sealed class UserGrains(IGrainFactory grains, AllowedTenants tenants)
{
    public UserCalls Of(PersonId person) => new(person, grains, tenants);
}

/// <summary>What may be asked of one person's grain; see <see cref="IUserGrain"/>.</summary>
internal readonly struct UserCalls(PersonId person, IGrainFactory grains, AllowedTenants tenants)
{
    public async ValueTask<AccessDecision> Decide(SignIn signIn, string workspaceId) =>
        await Grain() is { } grain ? await grain.Decide(signIn, workspaceId) : AccessDecision.Outsider(person, workspaceId);

    public async ValueTask<EffectiveAccess> Explain(SignIn signIn, string workspaceId) =>
        await Grain() is { } grain ? await grain.Explain(signIn, workspaceId) : Outsider(workspaceId);

    public async ValueTask<EffectiveAccess?> ExplainLastKnown(string workspaceId, AccessDecision asker) =>
        await Grain() is { } grain ? await grain.ExplainLastKnown(workspaceId, asker) : Outsider(workspaceId);

    public async ValueTask<Standing> DecideAnywhere(SignIn signIn, Permissions required) =>
        await Grain() is { } grain ? await grain.DecideAnywhere(signIn, required) : Standing.Outsider;

    public async ValueTask<AccountTeamOutcome> AccountTeam(SignIn signIn, string workspaceId, BillingScope? asked) =>
        await Grain() is { } grain
            ? await grain.AccountTeam(signIn, workspaceId, asked)
            : new(AccessDecision.Outsider(person, workspaceId), AccountTeamStatus.Found);

    public async Task<Me> Me(SignIn signIn) =>
        await Grain() is { } grain ? await grain.Me(signIn) : new(person, signIn.Profile, LastAccessedWorkspaceId: null);

    public async Task<ImmutableArray<UserWorkspace>?> Workspaces(SignIn signIn) =>
        await Grain() is { } grain ? await grain.Workspaces(signIn) : [];

    public async Task<SwitchOutcome> Switch(SignIn signIn, string workspaceId) =>
        await Grain() is { } grain ? await grain.Switch(signIn, workspaceId) : new(Standing.Outsider, null);

    public async Task<Landing> Land(SignIn signIn) =>
        await Grain() is { } grain ? await grain.Land(signIn) : new(Standing.Outsider, AccessDecision.Outsider(person, string.Empty));

    // Null for a stranger.
    private async ValueTask<IUserGrain?> Grain() =>
        await tenants.MayCome(person.TenantId) ? grains.GetGrain<IUserGrain>(person.ToString()) : null;

    private EffectiveAccess Outsider(string workspaceId) => new(AccessDecision.Outsider(person, workspaceId), []);
}
