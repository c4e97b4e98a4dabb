using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Directories;

/// <summary>The only way to a tenant's directory, so that all silos share one budget. Keyed by the tenant's id. Stores nothing.</summary>
[GrainInterfaceType("EngageCenter.IDirectoryGrain"), Alias("EngageCenter.IDirectoryGrain")]
internal interface IDirectoryGrain : IGrainWithStringKey
{
    /// <summary>Returns the groups of a person in the directory. Answers within <see cref="DirectoryGrain.RequestTimeout"/>.</summary>
    [Alias("GroupsOf")]
    Task<DirectoryGroups> GroupsOf(Guid userId);

    /// <summary><see cref="IDirectory.IsEnabled"/>.</summary>
    [Alias("Account")]
    Task<DirectoryAccount> Account(Guid userId);

    /// <summary>Like <see cref="IDirectory.FollowAccounts"/>; null if the application may not read accounts.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("FollowAccounts")]
    Task<string?> FollowAccounts();

    /// <summary>Like <see cref="IDirectory.ChangedAccounts"/>; null if the application may not read accounts.</summary>
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

    /// <summary>Like <see cref="IDirectory.Members"/>, with one of the requests for lists.</summary>
    /// <exception cref="TryLaterException">The directory did not answer.</exception>
    [Alias("Members")]
    Task<DirectoryMembers> Members(Guid groupId, string? address);

    /// <summary>Returns a person with their groups; null if there is no such person. Uses two of the requests for lists.</summary>
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
    /// Returns the status of groups. Asks the directory about groups whose answer is older than <see cref="DirectoryGrain.FactsFor"/>.
    /// If it does not answer, their status is unknown.
    /// </summary>
    /// <param name="groups">At most <see cref="GroupGrant.MaxPerWorkspace"/>.</param>
    /// <param name="counted">Whether to count their people, for at most <see cref="DirectoryGrain.MaxCounted"/> groups that were not counted yet.</param>
    /// <returns>The answers in the order of the groups.</returns>
    [Alias("Facts")]
    Task<ImmutableArray<GroupFacts>> Facts(ImmutableArray<Guid> groups, bool counted);

    /// <summary>Forgets what is known about these groups, because something about them changed.</summary>
    [Alias("Forget")]
    Task Forget(ImmutableArray<Guid> groups);

    /// <summary>Returns whether the directory answers. It is asked if its last answer is older than a minute.</summary>
    [Alias("State")]
    Task<DirectoryState> State();
}

/// <param name="Groups">In no order.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryPerson")]
internal sealed record DirectoryPerson([property: Id(0)] DirectoryMember Member, [property: Id(1)] ImmutableArray<Guid> Groups);

/// <summary>The directory's answer about a person's account.</summary>
/// <param name="IsEnabled">False also if there is no such person; null if the directory did not answer or the application may not read accounts.</param>
/// <param name="ObservedAt">When the directory was asked, by the silo's clock.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryAccount")]
internal sealed record DirectoryAccount([property: Id(0)] bool? IsEnabled, [property: Id(1)] DateTimeOffset ObservedAt);

/// <summary>The directory's answer about a person's groups.</summary>
/// <param name="Groups">Sorted, each once; default if the directory did not answer.</param>
/// <param name="ObservedAt">When the directory was asked, by the silo's clock.</param>
/// <param name="RetryAfter">If it did not answer: how long to wait at least before asking again.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryGroups")]
internal sealed record DirectoryGroups(
    [property: Id(0)] ImmutableArray<Guid> Groups,
    [property: Id(1)] DateTimeOffset ObservedAt,
    [property: Id(2)] TimeSpan RetryAfter)
{
    /// <summary>The most groups of one person. If there are more, Graph answers with an error.</summary>
    public const int MaxGroups = 11_000;
}
