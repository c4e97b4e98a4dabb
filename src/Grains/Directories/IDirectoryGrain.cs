using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Directories;

/// <summary>The one way to a tenant's directory, so that one budget is kept for all silos. Keyed by the tenant's id. Stores nothing.</summary>
[GrainInterfaceType("EngageCenter.IDirectoryGrain"), Alias("EngageCenter.IDirectoryGrain")]
internal interface IDirectoryGrain : IGrainWithStringKey
{
    /// <summary>The groups of a person as the directory has them. Answers within <see cref="DirectoryGrain.RequestTimeout"/>.</summary>
    [Alias("GroupsOf")]
    Task<DirectoryGroups> GroupsOf(Guid userId);

    /// <summary><see cref="IDirectory.IsEnabled"/>.</summary>
    [Alias("Account")]
    Task<DirectoryAccount> Account(Guid userId);

    /// <summary><see cref="IDirectory.FollowAccounts"/>; null if the application may not know.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("FollowAccounts")]
    Task<string?> FollowAccounts();

    /// <summary><see cref="IDirectory.ChangedAccounts"/>; null if the application may not know.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("ChangedAccounts")]
    Task<AccountChanges?> ChangedAccounts(string address);

    /// <summary>Returns the group with this id, or null if it does not exist.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("Group")]
    Task<DirectoryGroup?> Group(Guid groupId);

    /// <summary><see cref="IDirectory.Groups"/>.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("Groups")]
    Task<Page<DirectoryGroup>> Groups(string? prefix, PageRequest page);

    /// <summary><see cref="IDirectory.Members"/>, of the requests that lists have.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("Members")]
    Task<DirectoryMembers> Members(Guid groupId, string? address);

    /// <summary>A person with their groups, by two of the requests that lists have; null if there is no such person.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("Person")]
    Task<DirectoryPerson?> Person(Guid userId);

    /// <summary><see cref="IDirectory.NestedGroups"/>.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("NestedGroups")]
    Task<ImmutableArray<Guid>> NestedGroups(Guid groupId);

    /// <summary><see cref="IDirectory.Follow"/>.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("Follow")]
    Task<string> Follow(ImmutableArray<Guid> groups);

    /// <summary><see cref="IDirectory.Changes"/>.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("Changes")]
    Task<GroupChanges> Changes(string address);

    /// <summary>
    /// What the directory says of groups. It is asked about those that it was not asked about within <see cref="DirectoryGrain.FactsFor"/>;
    /// where it does not answer, their status is unknown.
    /// </summary>
    /// <param name="groups">At most <see cref="GroupGrant.MaxPerWorkspace"/>.</param>
    /// <param name="counted">Whether to count their people, of <see cref="DirectoryGrain.MaxCounted"/> groups at most that were not counted yet.</param>
    /// <returns>In the order of the groups.</returns>
    [Alias("Facts")]
    Task<ImmutableArray<GroupFacts>> Facts(ImmutableArray<Guid> groups, bool counted);

    /// <summary>Something about these groups changed: what is known of them is forgotten.</summary>
    [Alias("Forget")]
    Task Forget(ImmutableArray<Guid> groups);

    /// <summary>Whether the directory answers. It is asked anew if that was a minute ago.</summary>
    [Alias("State")]
    Task<DirectoryState> State();
}

/// <param name="Groups">In no order.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryPerson")]
internal sealed record DirectoryPerson([property: Id(0)] DirectoryMember Member, [property: Id(1)] ImmutableArray<Guid> Groups);

/// <summary>What the directory says of a person's account.</summary>
/// <param name="IsEnabled">False also if there is no such person; null where the directory could not say, or the application may not know.</param>
/// <param name="ObservedAt">When it was asked, by the silo's clock.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryAccount")]
internal sealed record DirectoryAccount([property: Id(0)] bool? IsEnabled, [property: Id(1)] DateTimeOffset ObservedAt);

/// <summary>What the directory says of a person's groups.</summary>
/// <param name="Groups">Sorted, each once; default where the directory could not say.</param>
/// <param name="ObservedAt">When it was asked, by the silo's clock.</param>
/// <param name="RetryAfter">Where it could not say: when it may be asked again at the earliest.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryGroups")]
internal sealed record DirectoryGroups(
    [property: Id(0)] ImmutableArray<Guid> Groups,
    [property: Id(1)] DateTimeOffset ObservedAt,
    [property: Id(2)] TimeSpan RetryAfter)
{
    /// <summary>Of one person. Graph answers with an error beyond that.</summary>
    public const int MaxGroups = 11_000;
}
