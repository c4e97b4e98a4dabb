using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;

namespace EngageCenter.Directories;

/// <summary>What the directory of a workspace's organization says. Keyed by the workspace's id. Null: decide again.</summary>
[GrainInterfaceType("EngageCenter.IWorkspaceDirectoryGrain"), Alias("EngageCenter.IWorkspaceDirectoryGrain")]
public interface IWorkspaceDirectoryGrain : IGrainWithStringKey
{
    /// <summary>Needs ViewEntraGroups.</summary>
    [Alias("State")]
    Task<DirectoryState?> State(AccessDecision decision);

    /// <summary>
    /// Needs ManageEntraGroups. Security groups by display name. Empty where there is no directory.
    /// </summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("Groups")]
    Task<Page<FoundGroup>?> Groups(AccessDecision decision, DirectoryGroupQuery query);

    /// <summary>Needs ManageEntraGroups. What the directory knows of a group, if it says so now.</summary>
    [Alias("Group")]
    Task<DirectoryGroupAnswer?> Group(AccessDecision decision, Guid groupId);

    /// <summary>Needs ViewEntraGroups. What the directory says of groups, with how many people are in them, in their order.</summary>
    /// <param name="groups">At most <see cref="PageRequest.MaxSize"/>.</param>
    [Alias("Facts")]
    Task<ImmutableArray<GroupFacts>?> Facts(AccessDecision decision, ImmutableArray<Guid> groups);

    /// <summary>Needs ViewEntraGroups. The groups with a status, of those that hold roles in the workspace. Sorted.</summary>
    [Alias("WithStatus")]
    Task<ImmutableArray<Guid>?> WithStatus(AccessDecision decision, GroupStatus status);
}

public enum DirectoryStatus
{
    /// <summary>The organization's tenant has no directory here: tokens alone decide.</summary>
    NotConfigured,

    /// <summary>It answered last time.</summary>
    Connected,

    /// <summary>It did not answer last time, and did within the last 5 minutes.</summary>
    Delayed,

    /// <summary>It has not answered for longer, or never.</summary>
    Failed,
}

/// <param name="LastAnsweredAt">When the directory last answered; null if it did not since the silo that asks it began to.</param>
/// <param name="Behind">For how long it has not, if it does not.</param>
/// <param name="Reason">Why not, in words for an administrator.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryState")]
public sealed record DirectoryState(
    [property: Id(0)] DirectoryStatus Status,
    [property: Id(1)] DateTimeOffset? LastAnsweredAt = null,
    [property: Id(2)] TimeSpan? Behind = null,
    [property: Id(3)] string? Reason = null);

/// <summary>A group as the directory has it. Texts are the customer's own.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryGroup")]
public sealed record DirectoryGroup(
    [property: Id(0)] Guid GroupId,
    [property: Id(1)] string DisplayName,
    [property: Id(2)] string? Description);

public enum GroupStatus
{
    /// <summary>There is no directory, or it has not said now.</summary>
    Unknown,

    Active,

    /// <summary>The directory has no such group: nobody holds anything by it.</summary>
    NotFound,
}

/// <summary>What the directory says of a group that holds roles.</summary>
/// <param name="DisplayName">The customer's own text; null unless it is active.</param>
/// <param name="People">How many people are in it, also through groups in it; null if that is not known.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.GroupFacts")]
public sealed record GroupFacts(
    [property: Id(0)] Guid GroupId,
    [property: Id(1)] GroupStatus Status,
    [property: Id(2)] string? DisplayName = null,
    [property: Id(3)] int? People = null)
{
    /// <summary>Groups that a directory is asked about in one request, as Graph has it.</summary>
    public const int MaxLot = 15;
}

/// <param name="Roles">Those that it holds in the workspace.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.FoundGroup")]
public sealed record FoundGroup(
    [property: Id(0)] DirectoryGroup Group,
    [property: Id(1)] Roles Roles);

/// <param name="Search">What the display name begins with, or a group's object id; null for all.</param>
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
