using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Paging;
using EngageCenter.Users;
using EngageCenter.WebApi.Identity;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Users;

/// <summary>
/// The way to people's grains, and the only one. Whoever is of a tenant that is not allowed gets here, without any grain, the
/// answers that an outsider gets from theirs: so every endpoint answers the two alike.
/// </summary>
internal sealed class UserGrains(IGrainFactory grains, AllowedTenants tenants, DecisionCache decisions)
{
    private volatile Types? types;

    /// <summary>The decisions that need no call.</summary>
    public DecisionCache Decisions => decisions;

    public UserCalls Of(PersonId person) => new(person, this);

    /// <summary>Null for a stranger.</summary>
    public async ValueTask<IUserGrain?> Grain(PersonId person) => await MayCome(person) ? Reference(person) : null;

    /// <summary>False for a stranger.</summary>
    public ValueTask<bool> MayCome(PersonId person) => tenants.MayCome(person.TenantId);

    public IUserGrain Reference(PersonId person) => Reference(person.ToString());

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
    /// <param name="anew">Asks the grain in any case: who acts did not take the decision from memory.</param>
    public async ValueTask<AccessDecision> Decide(SignIn signIn, string workspaceId, bool anew = false)
    {
        // A decision that may be kept comes with its roles, so that both of these are answered by it.
        if (users.Decisions.IsOn)
        {
            return (await Explain(signIn, workspaceId, anew)).Decision;
        }

        return await Grain() is { } grain ? await grain.Decide(signIn, workspaceId) : StrangersDecision(signIn, workspaceId);
    }

    /// <summary>From this web node's memory, where it has a decision that still stands and covers the sign-in.</summary>
    /// <param name="anew">Asks the grain in any case: who acts did not take the decision from memory.</param>
    public async ValueTask<EffectiveAccess> Explain(SignIn signIn, string workspaceId, bool anew = false)
    {
        if (!await users.MayCome(person))
        {
            return new(StrangersDecision(signIn, workspaceId), []);
        }

        return (anew || !users.Decisions.IsOn ? null : users.Decisions.Find(signIn, workspaceId))
            ?? await users.Decisions.Ask(users.Reference(person), signIn, workspaceId);
    }

    public async ValueTask<EffectiveAccess?> ExplainLastKnown(string workspaceId, AccessDecision asker) =>
        await Grain() is { } grain ? await grain.ExplainLastKnown(workspaceId, asker) : new(AccessDecision.Outsider(person, workspaceId), []);

    public async ValueTask<EffectiveAccess> Evaluate(string workspaceId, Actor caller) =>
        await Grain() is { } grain ? await grain.Evaluate(workspaceId, caller) : new(AccessDecision.Outsider(person, workspaceId), []);

    public async Task<ImmutableArray<UserWorkspace>?> EvaluateAll(Actor caller, CancellationToken cancellation) =>
        await Grain() is { } grain ? await grain.EvaluateAll(caller, cancellation) : [];

    public async ValueTask<Standing> DecideAnywhere(SignIn signIn, Permissions required) =>
        await Grain() is { } grain ? await grain.DecideAnywhere(signIn, required) : StrangersStanding(signIn);

    public async ValueTask<AccountTeamOutcome> AccountTeam(SignIn signIn, string workspaceId, BillingScope? asked) =>
        await Grain() is { } grain
            ? await grain.AccountTeam(signIn, workspaceId, asked)
            : new(StrangersDecision(signIn, workspaceId), AccountTeamStatus.Found);

    public async Task<Me> Me(SignIn signIn) =>
        await Grain() is { } grain ? await grain.Me(signIn) : new(person, signIn.Profile, LastAccessedWorkspaceId: null);

    public async Task<ImmutableArray<UserWorkspace>?> Workspaces(SignIn signIn, CancellationToken cancellation) =>
        await Grain() is { } grain ? await grain.Workspaces(signIn, cancellation) : signIn.LeavesGroupsOut ? null : [];

    public async Task<Page<UserWorkspace>?> Switcher(SignIn signIn, string? search, PageRequest page) =>
        await Grain() is { } grain ? await grain.Switcher(signIn, search, page) : signIn.LeavesGroupsOut ? null : new([], null, 0);

    public async Task<SwitchOutcome> Switch(SignIn signIn, string workspaceId) =>
        await Grain() is { } grain ? await grain.Switch(signIn, workspaceId) : new(StrangersStanding(signIn), null);

    public async Task<Landing> Land(SignIn signIn) =>
        await Grain() is { } grain ? await grain.Land(signIn) : new(StrangersStanding(signIn), StrangersDecision(signIn, string.Empty));

    private ValueTask<IUserGrain?> Grain() => users.Grain(person);

    // As an outsider's grain answers.
    private static Standing StrangersStanding(SignIn signIn) => signIn.LeavesGroupsOut ? Standing.Unconfirmed : Standing.Outsider;

    private AccessDecision StrangersDecision(SignIn signIn, string workspaceId) => new(person, workspaceId, StrangersStanding(signIn), Permissions.None, 0);
}
