using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Users;

/// <summary>
/// One person: the groups of their newest token, their effective permissions in each workspace, and the workspaces
/// they opened. Keyed <c>{tenantId}/{userId}</c>.
/// </summary>
/// <remarks>
/// A call that carries a <see cref="SignIn"/> is decided by the newest token that is known: this one, or a later one that
/// came in an earlier call. If that token leaves the groups out, the groups in the directory decide. If the directory cannot
/// say, the contract alone decides, and what it does not give is Unconfirmed.
/// The list of a person's workspaces is complete up to 5,000.
/// </remarks>
[GrainInterfaceType("EngageCenter.IUserGrain"), Alias("EngageCenter.IUserGrain")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>
    /// Returns the person's rights in a workspace. If all is in memory, it reads no storage and calls nobody. Otherwise it may
    /// have to wait for a change that itself waits for a lease. The response time-out allows for that and no more: asking
    /// again costs nothing and may reach another silo.
    /// </summary>
    [Alias("Decide"), ResponseTimeout("00:00:15")]
    ValueTask<AccessDecision> Decide(SignIn signIn, string workspaceId);

    /// <summary>Like <see cref="Decide"/>, with the roles that the decision is based on.</summary>
    [Alias("Explain")]
    ValueTask<EffectiveAccess> Explain(SignIn signIn, string workspaceId);

    /// <summary>
    /// Returns the rights of this person for somebody else, by the person's newest known token. For a person never seen, the
    /// contract alone decides. Null: the asker has to decide again.
    /// </summary>
    /// <param name="asker">Needs ViewUserRoles.</param>
    [Alias("ExplainLastKnown")]
    ValueTask<EffectiveAccess?> ExplainLastKnown(string workspaceId, AccessDecision asker);

    /// <summary>
    /// Returns the rights of this person for an application, by the person's newest known token. For a person never seen, the
    /// contract alone decides. If all is in memory, it reads no storage and calls nobody.
    /// </summary>
    /// <param name="caller">Needs <see cref="AppRoles.Evaluate"/>.</param>
    /// <returns>An outsider's decision has the epoch of the policy that decided; 0 if there is no such workspace.</returns>
    [Alias("Evaluate"), ResponseTimeout("00:00:15")]
    ValueTask<EffectiveAccess> Evaluate(string workspaceId, Actor caller);

    /// <summary>Returns the person's <see cref="Workspaces"/> for an application, in no particular order; null if a right cannot be confirmed now.</summary>
    /// <param name="caller">Needs <see cref="AppRoles.Evaluate"/>.</param>
    [Alias("EvaluateAll")]
    Task<ImmutableArray<UserWorkspace>?> EvaluateAll(Actor caller, CancellationToken cancellation = default);

    /// <summary>
    /// Returns whether the permissions are allowed in some workspace: Member if so, Outsider if in none, Unconfirmed if not all
    /// workspaces could be asked. If a workspace in memory allows them, it calls nobody.
    /// </summary>
    [Alias("DecideAnywhere")]
    ValueTask<Standing> DecideAnywhere(SignIn signIn, Permissions required);

    /// <summary>Returns the account team for a member, from the contract that the decision is based on. If all is in memory, it calls nobody.</summary>
    /// <param name="asked">Null for the first scope that the person may read.</param>
    /// <exception cref="EngageCenter.Storage.StorageUnavailableException">The agreement was stored by an earlier release and has not yet given its workspaces its terms.</exception>
    [Alias("AccountTeam")]
    ValueTask<AccountTeamOutcome> AccountTeam(SignIn signIn, string workspaceId, BillingScope? asked);

    [Alias("Me")]
    Task<Me> Me(SignIn signIn);

    /// <summary>Returns all workspaces that the person is a member of, by name; null if a right cannot be confirmed now.</summary>
    [Alias("Workspaces")]
    Task<ImmutableArray<UserWorkspace>?> Workspaces(SignIn signIn, CancellationToken cancellation = default);

    /// <summary>Returns a page of <see cref="Workspaces"/>; null if a right cannot be confirmed now.</summary>
    /// <param name="search">Part of the name, case-insensitive; null for all.</param>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    [Alias("Switcher")]
    Task<Page<UserWorkspace>?> Switcher(SignIn signIn, string? search, PageRequest page);

    /// <summary>Makes the workspace the current one, as the workspace switcher does, and records that it was opened.</summary>
    [Alias("Switch")]
    Task<SwitchOutcome> Switch(SignIn signIn, string workspaceId);

    /// <summary>The same, if <see cref="Landing.Version"/> is still what the caller expects.</summary>
    [Alias("SwitchIf")]
    Task<SwitchOutcome> SwitchIf(SignIn signIn, string workspaceId, IfMatch condition);

    /// <summary>Returns where the person lands: in the last opened workspace that they are still a member of, otherwise in the next best.</summary>
    [Alias("Land")]
    Task<Landing> Land(SignIn signIn);
}

[GenerateSerializer, Immutable, Alias("EngageCenter.Me")]
public sealed record Me(
    [property: Id(0)] PersonId Person,
    [property: Id(1)] UserProfile Profile,
    [property: Id(2)] string? LastAccessedWorkspaceId);

/// <summary>A workspace as one of its members sees it in the switcher.</summary>
/// <param name="Roles">The roles that the person holds, each once.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.UserWorkspace")]
public sealed record UserWorkspace(
    [property: Id(0)] WorkspaceHeader Workspace,
    [property: Id(1)] Roles Roles,
    [property: Id(2)] Permissions Permissions,
    [property: Id(3)] DateTimeOffset? LastAccessedAt,
    [property: Id(4)] bool IsCurrent);

/// <summary>The result of a switch. For an outsider, or if the right is unconfirmed or a condition is not met, it has no workspace.</summary>
/// <param name="Version">As <see cref="Landing.Version"/>; 0 where nothing was opened.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.SwitchOutcome")]
public sealed record SwitchOutcome(
    [property: Id(0)] Standing Standing,
    [property: Id(1)] UserWorkspace? Workspace,
    [property: Id(2)] long Version = 0);

/// <param name="Standing">Member, with a decision; Outsider if the person is not a member of any workspace; or Unconfirmed.</param>
/// <param name="Version">Stands for the workspace that the person last opened: another one for another workspace; 0 before the first.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Landing")]
public sealed record Landing(
    [property: Id(0)] Standing Standing,
    [property: Id(1)] AccessDecision Decision,
    [property: Id(2)] long Version = 0);
