using System.Collections.Immutable;

namespace EngageCenter.Access;

/// <summary>
/// In which workspaces somebody, a contact or an Entra group, may hold roles. A hint, never a right: it names every
/// workspace whose policy names them, and perhaps some whose policy no longer does.
/// </summary>
[GrainInterfaceType("EngageCenter.IWorkspaceIndex"), Alias("EngageCenter.IWorkspaceIndex")]
internal interface IWorkspaceIndex : IGrainWithStringKey
{
    /// <summary>Called before the workspace's policy of <paramref name="epoch"/> comes to name them.</summary>
    /// <returns>False where the index is full.</returns>
    [Alias("Add")]
    Task<bool> Add(string workspaceId, long epoch);

    /// <summary>Called after the policy of <paramref name="epoch"/> no longer names them; a later addition stays.</summary>
    [Alias("Remove")]
    Task Remove(string workspaceId, long epoch);
}

/// <summary>
/// A group whose version in its tenant's set grows before its list does. Implemented by the group's grain. A silo of an
/// earlier release does not have it (<see cref="ListEras"/>).
/// </summary>
[GrainInterfaceType("EngageCenter.IVersionedGroup"), Alias("EngageCenter.IVersionedGroup")]
internal interface IVersionedGroup : IGrainWithStringKey
{
    /// <summary><see cref="IGroupGrain.Workspaces"/> by a row that is no older than the set of known ids says.</summary>
    /// <param name="atLeast">The version that the group has in the set.</param>
    [Alias("WorkspacesAt")]
    Task<GroupWorkspaces?> WorkspacesAt(long knownVersion, long atLeast);
}

/// <summary>The index of an Entra group. Keyed <c>{tenantId}/{groupId}</c>.</summary>
[GrainInterfaceType("EngageCenter.IGroupGrain"), Alias("EngageCenter.IGroupGrain")]
internal interface IGroupGrain : IWorkspaceIndex
{
    /// <summary>The workspaces, or null where they are still those of <paramref name="knownVersion"/>.</summary>
    [Alias("Workspaces")]
    ValueTask<GroupWorkspaces?> Workspaces(long knownVersion);

    /// <summary>
    /// Called before the workspace's policy of <paramref name="epoch"/> comes to name the group: then the group is known in
    /// its tenant, and the workspace in its list. To say it again changes nothing.
    /// </summary>
    [Alias("Grant")]
    Task<GroupAddition> Grant(string workspaceId, long epoch);

    /// <summary>
    /// Whether the group may leave its tenant's set. Asks the workspaces in its list whether they still name it, and drops
    /// those that do not: a grant or a revocation may have ended halfway.
    /// </summary>
    /// <param name="version">The version that the group has in the set.</param>
    /// <returns>A version, at least <paramref name="version"/>, at which the group has no workspace; null where it has one.</returns>
    [Alias("EmptyAt")]
    Task<long?> EmptyAt(long version);
}

internal enum GroupAddition
{
    Added,

    /// <summary>The group holds roles in <see cref="WorkspaceIndex.MaxEntries"/> workspaces.</summary>
    TooManyWorkspaces,

    /// <summary>The tenant has <see cref="KnownIds.MaxGroups"/> groups that hold roles.</summary>
    TooManyGroups,
}

/// <param name="Version">Grows with each change, from 0 for a group that was never granted anything.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.GroupWorkspaces")]
internal sealed record GroupWorkspaces(
    [property: Id(0)] long Version,
    [property: Id(1)] ImmutableArray<string> WorkspaceIds);
