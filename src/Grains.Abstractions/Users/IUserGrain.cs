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
/// A call that carries a <see cref="SignIn"/> is decided by the newest token known, be it this one or a later one
/// that came earlier. If the token leaves the groups out, by those that the directory names; where it cannot say, by the
/// contract alone, and what that does not give is Unconfirmed.
/// A person's workspaces are complete up to 5,000.
/// </remarks>
[GrainInterfaceType("EngageCenter.IUserGrain"), Alias("EngageCenter.IUserGrain")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>
    /// The person's rights in a workspace. From warm state: no storage read and no other call. Otherwise it may have to wait
    /// for a change that waits for a lease, and for no longer: to ask again costs nothing and may reach another silo.
    /// </summary>
    [Alias("Decide"), ResponseTimeout("00:00:15")]
    ValueTask<AccessDecision> Decide(SignIn signIn, string workspaceId);

    /// <summary>The same with the roles it rests on.</summary>
    [Alias("Explain")]
    ValueTask<EffectiveAccess> Explain(SignIn signIn, string workspaceId);

    /// <summary>
    /// The rights of this person for somebody else, by the newest token they came with; of a person never seen, by the
    /// contract alone. Null: the asker has to decide again.
    /// </summary>
    /// <param name="asker">Needs ViewUserRoles.</param>
    [Alias("ExplainLastKnown")]
    ValueTask<EffectiveAccess?> ExplainLastKnown(string workspaceId, AccessDecision asker);

    /// <summary>
    /// The same for an application: the rights of this person by the newest token they came with; of a person never seen, by
    /// the contract alone. From warm state: no storage read and no other call.
    /// </summary>
    /// <param name="caller">Needs <see cref="AppRoles.Evaluate"/>.</param>
    /// <returns>An outsider's decision has the epoch of the policy that decided, 0 where there is no such workspace.</returns>
    [Alias("Evaluate"), ResponseTimeout("00:00:15")]
    ValueTask<EffectiveAccess> Evaluate(string workspaceId, Actor caller);

    /// <summary><see cref="Workspaces"/> for an application, in no particular order; null where a right cannot be confirmed now.</summary>
    /// <param name="caller">Needs <see cref="AppRoles.Evaluate"/>.</param>
    [Alias("EvaluateAll")]
    Task<ImmutableArray<UserWorkspace>?> EvaluateAll(Actor caller, CancellationToken cancellation = default);

    /// <summary>
    /// Whether some workspace allows it: Member where one does, Outsider where none does, Unconfirmed where not all could
    /// be asked. From warm state no other call where one is known to.
    /// </summary>
    [Alias("DecideAnywhere")]
    ValueTask<Standing> DecideAnywhere(SignIn signIn, Permissions required);

    /// <summary>Any member's, from the contract that the decision rests on: from warm state no other call.</summary>
    /// <param name="asked">Null for the first scope that the person may read.</param>
    /// <exception cref="EngageCenter.Storage.StorageUnavailableException">The agreement, of an earlier release, has not told its terms yet.</exception>
    [Alias("AccountTeam")]
    ValueTask<AccountTeamOutcome> AccountTeam(SignIn signIn, string workspaceId, BillingScope? asked);

    [Alias("Me")]
    Task<Me> Me(SignIn signIn);

    /// <summary>All workspaces that the person is a member of, by name; null where a right cannot be confirmed now.</summary>
    [Alias("Workspaces")]
    Task<ImmutableArray<UserWorkspace>?> Workspaces(SignIn signIn, CancellationToken cancellation = default);

    /// <summary>A page of <see cref="Workspaces"/>; null where a right cannot be confirmed now.</summary>
    /// <param name="search">Part of the name, whatever the case; null for all.</param>
    /// <exception cref="InvalidCursorException">The page's cursor is not one of this list.</exception>
    [Alias("Switcher")]
    Task<Page<UserWorkspace>?> Switcher(SignIn signIn, string? search, PageRequest page);

    /// <summary>The workspace switcher: makes the workspace the current one and records that it was opened.</summary>
    [Alias("Switch")]
    Task<SwitchOutcome> Switch(SignIn signIn, string workspaceId);

    /// <summary>Where the person lands: the last accessed workspace that is still open to them, else the next best.</summary>
    [Alias("Land")]
    Task<Landing> Land(SignIn signIn);
}

[GenerateSerializer, Immutable, Alias("EngageCenter.Me")]
public sealed record Me(
    [property: Id(0)] PersonId Person,
    [property: Id(1)] UserProfile Profile,
    [property: Id(2)] string? LastAccessedWorkspaceId);

/// <summary>A workspace as one of its members sees it in the switcher.</summary>
/// <param name="Roles">The roles held, each once.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.UserWorkspace")]
public sealed record UserWorkspace(
    [property: Id(0)] WorkspaceHeader Workspace,
    [property: Id(1)] Roles Roles,
    [property: Id(2)] Permissions Permissions,
    [property: Id(3)] DateTimeOffset? LastAccessedAt,
    [property: Id(4)] bool IsCurrent);

/// <summary>What came of switching: an outsider and an unconfirmed right carry no workspace.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.SwitchOutcome")]
public sealed record SwitchOutcome(
    [property: Id(0)] Standing Standing,
    [property: Id(1)] UserWorkspace? Workspace);

/// <param name="Standing">Member with a decision; Outsider where no workspace is open to the person; Unconfirmed.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Landing")]
public sealed record Landing(
    [property: Id(0)] Standing Standing,
    [property: Id(1)] AccessDecision Decision);
