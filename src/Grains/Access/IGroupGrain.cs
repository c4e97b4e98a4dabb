using System.Collections.Immutable;

namespace EngageCenter.Access;

/// <summary>
/// The workspaces in which a contact or an Entra group may hold roles. It is a hint and gives no rights: it names every
/// workspace whose policy names them, and perhaps some whose policy no longer does.
/// </summary>
[GrainInterfaceType("EngageCenter.IWorkspaceIndex"), Alias("EngageCenter.IWorkspaceIndex")]
internal interface IWorkspaceIndex : IGrainWithStringKey
{
    /// <summary>Adds a workspace. Called before its policy of <paramref name="epoch"/> names them.</summary>
    /// <returns>False if the index is full.</returns>
    [Alias("Add")]
    Task<bool> Add(string workspaceId, long epoch);

    /// <summary>Removes a workspace. Called after its policy of <paramref name="epoch"/> no longer names them. A later addition is kept.</summary>
    [Alias("Remove")]
    Task Remove(string workspaceId, long epoch);
}

/// <summary>
/// A group whose version in its tenant's set is raised before its list grows. Implemented by the group's grain. A silo of an
/// earlier release does not have it (<see cref="ListEras"/>).
/// </summary>
[GrainInterfaceType("EngageCenter.IVersionedGroup"), Alias("EngageCenter.IVersionedGroup")]
internal interface IVersionedGroup : IGrainWithStringKey
{
    /// <summary>Like <see cref="IGroupGrain.Workspaces"/>, from a row that is at least as new as the set of known ids says.</summary>
    /// <param name="atLeast">The version that the group has in the set.</param>
    [Alias("WorkspacesAt")]
    Task<GroupWorkspaces?> WorkspacesAt(long knownVersion, long atLeast);
}

/// <summary>The index of an Entra group. Keyed <c>{tenantId}/{groupId}</c>.</summary>
[GrainInterfaceType("EngageCenter.IGroupGrain"), Alias("EngageCenter.IGroupGrain")]
internal interface IGroupGrain : IWorkspaceIndex
{
    /// <summary>Returns the workspaces, or null if they are the same as at <paramref name="knownVersion"/>.</summary>
    [Alias("Workspaces")]
    ValueTask<GroupWorkspaces?> Workspaces(long knownVersion);

    /// <summary>
    /// Adds a workspace to the group's list, and the group to its tenant's set. Called before the workspace's policy of
    /// <paramref name="epoch"/> names the group. A repeated call changes nothing.
    /// </summary>
    [Alias("Grant")]
    Task<GroupAddition> AddWorkspace(string workspaceId, long epoch);

    /// <summary>
    /// Tells whether the group may leave its tenant's set. Asks the workspaces in its list whether they still name it, and
    /// removes those that do not: a grant or a revocation may have ended halfway.
    /// </summary>
    /// <param name="version">The version that the group has in the set.</param>
    /// <returns>A version, at least <paramref name="version"/>, at which the group has no workspace; null if it has one.</returns>
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

/// <param name="Version">Grows with each change; 0 for a group that was never granted anything.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.GroupWorkspaces")]
internal sealed record GroupWorkspaces(
    [property: Id(0)] long Version,
    [property: Id(1)] ImmutableArray<string> WorkspaceIds);
