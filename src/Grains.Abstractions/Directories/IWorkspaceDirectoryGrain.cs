using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;

namespace EngageCenter.Directories;

/// <summary>Answers from the directory of a workspace's organization. Keyed by the workspace's id. If an answer is null, the caller decides again.</summary>
[GrainInterfaceType("EngageCenter.IWorkspaceDirectoryGrain"), Alias("EngageCenter.IWorkspaceDirectoryGrain")]
public interface IWorkspaceDirectoryGrain : IGrainWithStringKey
{
    /// <summary>Returns whether the directory answers. Needs ViewEntraGroups.</summary>
    [Alias("State")]
    Task<DirectoryState?> State(AccessDecision decision);

    /// <summary>Returns security groups by display name, none if there is no directory. Needs ManageEntraGroups.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("Groups")]
    Task<Page<FoundGroup>?> Groups(AccessDecision decision, DirectoryGroupQuery query);

    /// <summary>Returns what the directory knows of a group, or Unknown if it does not answer now. Needs ManageEntraGroups.</summary>
    [Alias("Group")]
    Task<DirectoryGroupAnswer?> Group(AccessDecision decision, Guid groupId);

    /// <summary>Returns the status of groups in the directory and how many people are in them, in the given order. Needs ViewEntraGroups.</summary>
    /// <param name="groups">At most <see cref="PageRequest.MaxSize"/>.</param>
    [Alias("Facts")]
    Task<ImmutableArray<GroupFacts>?> Facts(AccessDecision decision, ImmutableArray<Guid> groups);

    /// <summary>Returns those groups with roles in the workspace that have this status. Sorted. Needs ViewEntraGroups.</summary>
    [Alias("WithStatus")]
    Task<ImmutableArray<Guid>?> WithStatus(AccessDecision decision, GroupStatus status);
}

public enum DirectoryStatus
{
    /// <summary>No directory is configured for the organization's tenant, so tokens alone decide.</summary>
    NotConfigured,

    /// <summary>The last request was answered.</summary>
    Connected,

    /// <summary>The last request was not answered, but an earlier one was within the last 5 minutes.</summary>
    Delayed,

    /// <summary>No request was answered for more than 5 minutes, or ever.</summary>
    Failed,
}

/// <param name="LastAnsweredAt">When the directory last answered; null if it has not answered the current silo yet.</param>
/// <param name="Behind">How long it has not answered, if it does not answer.</param>
/// <param name="Reason">Why it does not answer, in words for an administrator.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryState")]
public sealed record DirectoryState(
    [property: Id(0)] DirectoryStatus Status,
    [property: Id(1)] DateTimeOffset? LastAnsweredAt = null,
    [property: Id(2)] TimeSpan? Behind = null,
    [property: Id(3)] string? Reason = null);

/// <summary>A group in the directory. Its texts are written by the customer.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryGroup")]
public sealed record DirectoryGroup(
    [property: Id(0)] Guid GroupId,
    [property: Id(1)] string DisplayName,
    [property: Id(2)] string? Description);

public enum GroupStatus
{
    /// <summary>There is no directory, or it did not answer.</summary>
    Unknown,

    Active,

    /// <summary>The directory has no such group, so it gives nobody a role.</summary>
    NotFound,
}

/// <summary>The state of a group with roles in the directory.</summary>
/// <param name="DisplayName">Written by the customer; null unless the group is active.</param>
/// <param name="People">How many people are in it, including through nested groups; null if unknown.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.GroupFacts")]
public sealed record GroupFacts(
    [property: Id(0)] Guid GroupId,
    [property: Id(1)] GroupStatus Status,
    [property: Id(2)] string? DisplayName = null,
    [property: Id(3)] int? People = null)
{
    /// <summary>How many groups one request to a directory names: Graph's limit.</summary>
    public const int MaxLot = 15;
}

/// <param name="Roles">The roles that the group holds in the workspace.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.FoundGroup")]
public sealed record FoundGroup(
    [property: Id(0)] DirectoryGroup Group,
    [property: Id(1)] Roles Roles);

/// <param name="Search">The beginning of the display name, or a group's object id; null for all.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryGroupQuery")]
public sealed record DirectoryGroupQuery(
    [property: Id(0)] string? Search,
    [property: Id(1)] PageRequest Page);

public enum DirectoryAnswer
{
    Found,
    NotFound,

    /// <summary>There is no directory, or it does not answer now.</summary>
    Unknown,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryGroupAnswer")]
public sealed record DirectoryGroupAnswer(
    [property: Id(0)] DirectoryAnswer Answer,
    [property: Id(1)] DirectoryGroup? Group = null);
