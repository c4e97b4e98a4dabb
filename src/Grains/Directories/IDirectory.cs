using System.Collections.Immutable;
using EngageCenter.Paging;

namespace EngageCenter.Directories;

/// <summary>
/// The directories of tenants, Microsoft Entra ID's as a rule. The silo brings it; without one no tenant has a directory, and
/// everybody is decided by their token alone.
/// </summary>
/// <remarks>Each call is one request. It ends by its cancellation token and does not try again: <see cref="IDirectoryGrain"/> says when.</remarks>
public interface IDirectory
{
    /// <summary>Whether the tenant has a directory that may be asked.</summary>
    bool IsConfiguredFor(Guid tenantId);

    /// <summary>How often the changes of groups are read; null: never.</summary>
    TimeSpan? Poll { get; }

    /// <summary>All security groups that a person is in, also by other groups; at most 11,000. None if there is no such person.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer, or not in whole.</exception>
    Task<ImmutableArray<Guid>> GroupsOf(Guid tenantId, Guid userId, CancellationToken cancellationToken);

    /// <summary>Whether a person's account is there and may be used.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    /// <exception cref="DirectoryForbiddenException">The application may not know.</exception>
    Task<bool> IsEnabled(Guid tenantId, Guid userId, CancellationToken cancellationToken);

    /// <summary>Where the directory tells from now on whose account is changed or deleted.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    /// <exception cref="DirectoryForbiddenException">The application may not know.</exception>
    Task<string> FollowAccounts(Guid tenantId, CancellationToken cancellationToken);

    /// <summary>A page of whose account was changed.</summary>
    /// <param name="address">As <see cref="FollowAccounts"/> or the page before has it.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer, or not in whole.</exception>
    /// <exception cref="DirectoryForbiddenException">The application may not know.</exception>
    Task<AccountChanges> ChangedAccounts(Guid tenantId, string address, CancellationToken cancellationToken);

    /// <summary>A group; null if the tenant has none of this id.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    Task<DirectoryGroup?> Group(Guid tenantId, Guid groupId, CancellationToken cancellationToken);

    /// <summary>Security groups by display name.</summary>
    /// <param name="prefix">What the name begins with; null for all.</param>
    /// <param name="size">1 to 500.</param>
    /// <param name="after">The <see cref="Page{T}.Next"/> of the page before.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    /// <exception cref="InvalidCursorException">The directory does not know the page.</exception>
    Task<Page<DirectoryGroup>> Groups(Guid tenantId, string? prefix, int size, string? after, CancellationToken cancellationToken);

    /// <summary>Those of some groups that exist.</summary>
    /// <param name="groups">At most <see cref="GroupFacts.MaxLot"/>.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer, or not in whole.</exception>
    Task<ImmutableArray<DirectoryGroup>> Existing(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken);

    /// <summary>How many people are in a group, also through groups in it; null if there is no such group.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    Task<int?> CountPeople(Guid tenantId, Guid groupId, CancellationToken cancellationToken);

    /// <summary>A page of the people who are in a group, also through groups in it; none if there is no such group.</summary>
    /// <param name="address">The one that the page before has; null for the first.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer, or not in whole.</exception>
    Task<DirectoryMembers> Members(Guid tenantId, Guid groupId, string? address, CancellationToken cancellationToken);

    /// <summary>A person; null if the tenant has none of this id.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    Task<DirectoryMember?> Person(Guid tenantId, Guid userId, CancellationToken cancellationToken);

    /// <summary>The groups in a group, at any depth; none if there is no such group. At most 5,000.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer, or not in whole.</exception>
    Task<ImmutableArray<Guid>> NestedGroups(Guid tenantId, Guid groupId, CancellationToken cancellationToken);

    /// <summary>Where the directory tells what changes from now on of these groups.</summary>
    /// <param name="groups">At most <see cref="GroupChanges.MaxGroups"/>.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    Task<string> Follow(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken);

    /// <summary>A page of what changed.</summary>
    /// <param name="address">As <see cref="Follow"/> or the page before has it.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer, or not in whole.</exception>
    Task<GroupChanges> Changes(Guid tenantId, string address, CancellationToken cancellationToken);
}

/// <summary>The directory of a tenant did not answer, or not in whole.</summary>
public sealed class DirectoryUnavailableException : Exception
{
    /// <param name="retryAfter">When the directory says that it may be asked again; null if it does not say.</param>
    public DirectoryUnavailableException(string message, TimeSpan? retryAfter = null, Exception? inner = null)
        : base(message, inner) => RetryAfter = retryAfter;

    public TimeSpan? RetryAfter { get; }
}

/// <summary>The directory answered that the application lacks the permission. Nothing is wrong with it otherwise.</summary>
public sealed class DirectoryForbiddenException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>For a silo that was not given a directory.</summary>
internal sealed class NoDirectory : IDirectory
{
    public bool IsConfiguredFor(Guid tenantId) => false;

    public TimeSpan? Poll => null;

    public Task<ImmutableArray<Guid>> GroupsOf(Guid tenantId, Guid userId, CancellationToken cancellationToken) => throw None();

    public Task<bool> IsEnabled(Guid tenantId, Guid userId, CancellationToken cancellationToken) => throw None();

    public Task<string> FollowAccounts(Guid tenantId, CancellationToken cancellationToken) => throw None();

    public Task<AccountChanges> ChangedAccounts(Guid tenantId, string address, CancellationToken cancellationToken) => throw None();

    public Task<DirectoryGroup?> Group(Guid tenantId, Guid groupId, CancellationToken cancellationToken) => throw None();

    public Task<Page<DirectoryGroup>> Groups(Guid tenantId, string? prefix, int size, string? after, CancellationToken cancellationToken) => throw None();

    public Task<ImmutableArray<DirectoryGroup>> Existing(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken) => throw None();

    public Task<int?> CountPeople(Guid tenantId, Guid groupId, CancellationToken cancellationToken) => throw None();

    public Task<DirectoryMembers> Members(Guid tenantId, Guid groupId, string? address, CancellationToken cancellationToken) => throw None();

    public Task<DirectoryMember?> Person(Guid tenantId, Guid userId, CancellationToken cancellationToken) => throw None();

    public Task<ImmutableArray<Guid>> NestedGroups(Guid tenantId, Guid groupId, CancellationToken cancellationToken) => throw None();

    public Task<string> Follow(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken) => throw None();

    public Task<GroupChanges> Changes(Guid tenantId, string address, CancellationToken cancellationToken) => throw None();

    private static InvalidOperationException None() => new("No tenant has a directory.");
}
