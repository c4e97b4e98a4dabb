using System.Collections.Immutable;
using EngageCenter.Paging;

namespace EngageCenter.Directories;

/// <summary>
/// The directories of tenants, usually Microsoft Entra ID. The silo provides it. Without one no tenant has a directory, and tokens
/// alone decide.
/// </summary>
/// <remarks>Each call is one request. It ends when its token is cancelled, and is not retried here: <see cref="IDirectoryGrain"/> decides when to ask.</remarks>
public interface IDirectory
{
    /// <summary>Whether a directory is configured for the tenant.</summary>
    bool IsConfiguredFor(Guid tenantId);

    /// <summary>How often the changes of groups are read; null for never.</summary>
    TimeSpan? Poll { get; }

    /// <summary>Returns all security groups of a person, including through nested groups; at most 11,000. Empty if there is no such person.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer completely.</exception>
    Task<ImmutableArray<Guid>> GroupsOf(Guid tenantId, Guid userId, CancellationToken cancellationToken);

    /// <summary>Whether a person's account exists and is enabled.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    /// <exception cref="DirectoryForbiddenException">The application may not read accounts.</exception>
    Task<bool> IsEnabled(Guid tenantId, Guid userId, CancellationToken cancellationToken);

    /// <summary>Returns the address for changes of accounts from now on.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    /// <exception cref="DirectoryForbiddenException">The application may not read accounts.</exception>
    Task<string> FollowAccounts(Guid tenantId, CancellationToken cancellationToken);

    /// <summary>Returns a page of the people whose account was changed.</summary>
    /// <param name="address">The address from <see cref="FollowAccounts"/> or from the previous page.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer completely.</exception>
    /// <exception cref="DirectoryForbiddenException">The application may not read accounts.</exception>
    Task<AccountChanges> ChangedAccounts(Guid tenantId, string address, CancellationToken cancellationToken);

    /// <summary>Returns a group; null if the tenant has no group with this id.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    Task<DirectoryGroup?> Group(Guid tenantId, Guid groupId, CancellationToken cancellationToken);

    /// <summary>Returns a page of security groups by display name.</summary>
    /// <param name="prefix">The beginning of the name; null for all groups.</param>
    /// <param name="size">1 to 500.</param>
    /// <param name="after">The <see cref="Page{T}.Next"/> of the page before.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    /// <exception cref="InvalidCursorException">The directory does not know the page.</exception>
    Task<Page<DirectoryGroup>> Groups(Guid tenantId, string? prefix, int size, string? after, CancellationToken cancellationToken);

    /// <summary>Returns those of the given groups that exist.</summary>
    /// <param name="groups">At most <see cref="GroupFacts.MaxLot"/>.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer completely.</exception>
    Task<ImmutableArray<DirectoryGroup>> Existing(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken);

    /// <summary>Returns how many people are in a group, including through nested groups; null if there is no such group.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    Task<int?> CountPeople(Guid tenantId, Guid groupId, CancellationToken cancellationToken);

    /// <summary>Returns a page of the people in a group, including through nested groups; empty if there is no such group.</summary>
    /// <param name="address">The address from the previous page; null for the first page.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer completely.</exception>
    Task<DirectoryMembers> Members(Guid tenantId, Guid groupId, string? address, CancellationToken cancellationToken);

    /// <summary>Returns a person; null if the tenant has no person with this id.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    Task<DirectoryMember?> Person(Guid tenantId, Guid userId, CancellationToken cancellationToken);

    /// <summary>Returns the groups in a group, at any depth; at most 5,000. Empty if there is no such group.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer completely.</exception>
    Task<ImmutableArray<Guid>> NestedGroups(Guid tenantId, Guid groupId, CancellationToken cancellationToken);

    /// <summary>Returns the address for changes of these groups from now on.</summary>
    /// <param name="groups">At most <see cref="GroupChanges.MaxGroups"/>.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer.</exception>
    Task<string> Follow(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken);

    /// <summary>Returns a page of changes.</summary>
    /// <param name="address">The address from <see cref="Follow"/> or from the previous page.</param>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer completely.</exception>
    Task<GroupChanges> Changes(Guid tenantId, string address, CancellationToken cancellationToken);
}

/// <summary>The directory of a tenant did not answer completely.</summary>
public sealed class DirectoryUnavailableException : Exception
{
    /// <param name="retryAfter">How long to wait before asking again, as the directory says; null if it does not say.</param>
    public DirectoryUnavailableException(string message, TimeSpan? retryAfter = null, Exception? inner = null)
        : base(message, inner) => RetryAfter = retryAfter;

    public TimeSpan? RetryAfter { get; }
}

/// <summary>The directory answered that the application lacks a permission. Otherwise it works.</summary>
public sealed class DirectoryForbiddenException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Used by a silo without a directory.</summary>
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
