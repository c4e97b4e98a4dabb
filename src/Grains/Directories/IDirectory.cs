using System.Collections.Immutable;

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

    /// <summary>All security groups that a person is in, also by other groups; at most 11,000. None if there is no such person.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory did not answer, or not in whole.</exception>
    Task<ImmutableArray<Guid>> GroupsOf(Guid tenantId, Guid userId, CancellationToken cancellationToken);
}

/// <summary>The directory of a tenant did not answer, or not in whole.</summary>
public sealed class DirectoryUnavailableException : Exception
{
    /// <param name="retryAfter">When the directory says that it may be asked again; null if it does not say.</param>
    public DirectoryUnavailableException(string message, TimeSpan? retryAfter = null, Exception? inner = null)
        : base(message, inner) => RetryAfter = retryAfter;

    public TimeSpan? RetryAfter { get; }
}

/// <summary>For a silo that was not given a directory.</summary>
internal sealed class NoDirectory : IDirectory
{
    public bool IsConfiguredFor(Guid tenantId) => false;

    public Task<ImmutableArray<Guid>> GroupsOf(Guid tenantId, Guid userId, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("No tenant has a directory.");
}
