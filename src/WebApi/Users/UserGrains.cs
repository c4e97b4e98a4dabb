using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Users;
using EngageCenter.WebApi.Identity;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Users;

/// <summary>
/// The way to people's grains, and the only one. Whoever is of a tenant that is not allowed gets here, without any grain, the
/// answers that an outsider gets from theirs: so every endpoint answers the two alike.
/// </summary>
internal sealed class UserGrains(IGrainFactory grains, AllowedTenants tenants)
{
    private volatile Types? types;

    public UserCalls Of(PersonId person) => new(person, this);

    /// <summary>Null for a stranger.</summary>
    public async ValueTask<IUserGrain?> Grain(PersonId person) => await tenants.MayCome(person.TenantId) ? Reference(person.ToString()) : null;

    // Orleans reads the attributes of a grain's interface each time that it is given one, which takes longer than the rest.
    private IUserGrain Reference(string key)
    {
        if (types is { } known)
        {
            return (IUserGrain)grains.GetGrain(GrainId.Create(known.Grain, key), known.Interface);
        }

        var grain = grains.GetGrain<IUserGrain>(key);
        if (grain is GrainReference reference)
        {
            types = new(reference.GrainId.Type, reference.InterfaceType);
        }

        return grain;
    }

    private sealed record Types(GrainType Grain, GrainInterfaceType Interface);
}

/// <summary>What may be asked of one person's grain; see <see cref="IUserGrain"/>.</summary>
internal readonly struct UserCalls(PersonId person, UserGrains users)
{
    public async ValueTask<AccessDecision> Decide(SignIn signIn, string workspaceId) =>
        await Grain() is { } grain ? await grain.Decide(signIn, workspaceId) : StrangersDecision(signIn, workspaceId);

    public async ValueTask<EffectiveAccess> Explain(SignIn signIn, string workspaceId) =>
        await Grain() is { } grain ? await grain.Explain(signIn, workspaceId) : new(StrangersDecision(signIn, workspaceId), []);

    public async ValueTask<EffectiveAccess?> ExplainLastKnown(string workspaceId, AccessDecision asker) =>
        await Grain() is { } grain ? await grain.ExplainLastKnown(workspaceId, asker) : new(AccessDecision.Outsider(person, workspaceId), []);

    public async ValueTask<EffectiveAccess> Evaluate(string workspaceId, Actor caller) =>
        await Grain() is { } grain ? await grain.Evaluate(workspaceId, caller) : new(AccessDecision.Outsider(person, workspaceId), []);

    public async Task<ImmutableArray<UserWorkspace>?> EvaluateAll(Actor caller) =>
        await Grain() is { } grain ? await grain.EvaluateAll(caller) : [];

    public async ValueTask<Standing> DecideAnywhere(SignIn signIn, Permissions required) =>
        await Grain() is { } grain ? await grain.DecideAnywhere(signIn, required) : StrangersStanding(signIn);

    public async ValueTask<AccountTeamOutcome> AccountTeam(SignIn signIn, string workspaceId, BillingScope? asked) =>
        await Grain() is { } grain
            ? await grain.AccountTeam(signIn, workspaceId, asked)
            : new(StrangersDecision(signIn, workspaceId), AccountTeamStatus.Found);

    public async Task<Me> Me(SignIn signIn) =>
        await Grain() is { } grain ? await grain.Me(signIn) : new(person, signIn.Profile, LastAccessedWorkspaceId: null);

    public async Task<ImmutableArray<UserWorkspace>?> Workspaces(SignIn signIn) =>
        await Grain() is { } grain ? await grain.Workspaces(signIn) : signIn.LeavesGroupsOut ? null : [];

    public async Task<SwitchOutcome> Switch(SignIn signIn, string workspaceId) =>
        await Grain() is { } grain ? await grain.Switch(signIn, workspaceId) : new(StrangersStanding(signIn), null);

    public async Task<Landing> Land(SignIn signIn) =>
        await Grain() is { } grain ? await grain.Land(signIn) : new(StrangersStanding(signIn), StrangersDecision(signIn, string.Empty));

    private ValueTask<IUserGrain?> Grain() => users.Grain(person);

    // As an outsider's grain answers.
    private static Standing StrangersStanding(SignIn signIn) => signIn.LeavesGroupsOut ? Standing.Unconfirmed : Standing.Outsider;

    private AccessDecision StrangersDecision(SignIn signIn, string workspaceId) => new(person, workspaceId, StrangersStanding(signIn), Permissions.None, 0);
}
