using System.Collections.Immutable;
using EngageCenter.Users;

namespace EngageCenter.Access;

/// <summary>What is known of a person's rights in a workspace.</summary>
public enum Standing
{
    /// <summary>The rights cannot be confirmed now. This never allows anything.</summary>
    Unconfirmed,

    /// <summary>The person is not a member, or the workspace does not exist. An outsider cannot tell which.</summary>
    Outsider,

    /// <summary>The person holds at least one role.</summary>
    Member,
}

/// <summary>
/// A person's rights in a workspace by the policy of <paramref name="Epoch"/>. The caller passes it to the grain that
/// acts; that grain compares the epoch with its own and checks the proof.
/// </summary>
/// <param name="Epoch">The version of the access policy that decided; 0 for an outsider.</param>
/// <param name="Proof">
/// Shows that a silo with a lease of the policy made this decision for a member, and that nobody changed it since. Nobody
/// else can compute it, so no grain acts on a made-up decision. 0 if there is no proof.
/// </param>
/// <param name="KnowsGroups">
/// Whether the person's groups were known when this was decided. They are not if the token leaves them out and no other
/// source has them; then everything that the decision does not allow is unconfirmed. This flag never allows anything.
/// </param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AccessDecision")]
public readonly record struct AccessDecision(
    [property: Id(0)] PersonId Person,
    [property: Id(1)] string WorkspaceId,
    [property: Id(2)] Standing Standing,
    [property: Id(3)] Permissions Permissions,
    [property: Id(4)] long Epoch,
    [property: Id(5)] UInt128 Proof = default,
    [property: Id(6)] bool KnowsGroups = false)
{
    /// <summary>Whether all of the required permissions are allowed. Default deny: only a member's own permissions allow anything.</summary>
    public bool Allows(Permissions required) =>
        Standing == Standing.Member && (Permissions & required) == required;

    public static AccessDecision Outsider(PersonId person, string workspaceId) =>
        new(person, workspaceId, Standing.Outsider, Permissions.None, 0);

    public static AccessDecision Unconfirmed(PersonId person, string workspaceId) =>
        new(person, workspaceId, Standing.Unconfirmed, Permissions.None, 0);
}

public enum RoleSource
{
    Contract,
    EntraGroup,
    Default,
}

/// <summary>A role that a person holds, and what gives it.</summary>
/// <param name="SourceId">The agreement's id, the group's id, or null for the default role.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.HeldRole")]
public readonly record struct HeldRole(
    [property: Id(0)] Roles Role,
    [property: Id(1)] RoleSource Source,
    [property: Id(2)] string? SourceId);

/// <summary>A decision together with the roles that it is based on.</summary>
/// <param name="Lease">How long the web node that asked may reuse the decision; null if it must ask each time.</param>
/// <param name="HasDirectory">
/// Whether a directory is configured for the workspace's organization. Null if that is unknown, as from a silo of an earlier
/// release. If it is false, the directory need not be asked about a group.
/// </param>
[GenerateSerializer, Immutable, Alias("EngageCenter.EffectiveAccess")]
public sealed record EffectiveAccess(
    [property: Id(0)] AccessDecision Decision,
    [property: Id(1)] ImmutableArray<HeldRole> Roles,
    [property: Id(2)] DecisionLease? Lease = null,
    [property: Id(3)] bool? HasDirectory = null);
