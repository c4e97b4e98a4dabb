using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Paging;
using EngageCenter.Users;
using EngageCenter.WebApi.Identity;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Users;

/// <summary>
/// The only way to people's grains. A person of a tenant that is not allowed gets the same answers as an outsider does, but
/// without a call to a grain. So no endpoint shows a difference between the two.
/// </summary>
internal sealed class UserGrains(IGrainFactory grains, AllowedTenants tenants, DecisionCache decisions)
{
    private volatile Types? types;

    /// <summary>Decisions in this web node's memory.</summary>
    public DecisionCache Decisions => decisions;

    public UserCalls Of(PersonId person) => new(person, this);

    /// <summary>Returns the person's grain, or null for a stranger.</summary>
    public async ValueTask<IUserGrain?> Grain(PersonId person) => await MayCome(person) ? Reference(person) : null;

    /// <summary>Whether the person's tenant is allowed; false for a stranger.</summary>
    public ValueTask<bool> MayCome(PersonId person) => tenants.MayCome(person.TenantId);

    public IUserGrain Reference(PersonId person) => Reference(person.ToString());

    // The types are kept: Orleans reads the attributes of a grain's interface in each call of GetGrain, which takes longer than the rest.
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

/// <summary>The calls to one person's grain; see <see cref="IUserGrain"/>.</summary>
internal readonly struct UserCalls(PersonId person, UserGrains users)
{
    /// <param name="anew">Whether to ask the grain even if a decision is in memory, for example because a grain did not accept that decision.</param>
    public async ValueTask<AccessDecision> Decide(SignIn signIn, string workspaceId, bool anew = false)
    {
        // A decision that is kept comes with its roles, so that it answers both Decide and Explain.
        if (users.Decisions.IsOn)
        {
            return (await Explain(signIn, workspaceId, anew)).Decision;
        }

        return await Grain() is { } grain ? await grain.Decide(signIn, workspaceId) : StrangersDecision(signIn, workspaceId);
    }

    /// <summary>Answers from this web node's memory if it has a valid decision for the sign-in; otherwise asks the grain.</summary>
    /// <param name="anew">Whether to ask the grain even if a decision is in memory, for example because a grain did not accept that decision.</param>
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

    public async Task<SwitchOutcome> SwitchIf(SignIn signIn, string workspaceId, IfMatch condition) =>
        await Grain() is { } grain ? await grain.SwitchIf(signIn, workspaceId, condition) : new(StrangersStanding(signIn), null);

    public async Task<Landing> Land(SignIn signIn) =>
        await Grain() is { } grain ? await grain.Land(signIn) : new(StrangersStanding(signIn), StrangersDecision(signIn, string.Empty));

    private ValueTask<IUserGrain?> Grain() => users.Grain(person);

    // The answer that an outsider's grain gives.
    private static Standing StrangersStanding(SignIn signIn) => signIn.LeavesGroupsOut ? Standing.Unconfirmed : Standing.Outsider;

    private AccessDecision StrangersDecision(SignIn signIn, string workspaceId) => new(person, workspaceId, StrangersStanding(signIn), Permissions.None, 0);
}
