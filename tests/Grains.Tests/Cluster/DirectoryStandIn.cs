using System.Collections.Concurrent;
using System.Collections.Immutable;
using EngageCenter.Directories;
using EngageCenter.Paging;

namespace EngageCenter.Grains.Tests;

/// <summary>The directories of tenants in memory. A tenant has one once a test gives it one; it answers as the test says.</summary>
internal sealed class DirectoryStandIn : IDirectory
{
    private readonly ConcurrentDictionary<Guid, TenantDirectory> tenants = [];

    public TenantDirectory Of(Guid tenantId) => tenants.GetOrAdd(tenantId, _ => new());

    public bool IsConfiguredFor(Guid tenantId) => tenants.ContainsKey(tenantId);

    public async Task<ImmutableArray<Guid>> GroupsOf(Guid tenantId, Guid userId, CancellationToken cancellationToken)
    {
        var tenant = tenants[tenantId];
        tenant.Asked.Enqueue(userId);
        await tenant.Answering(cancellationToken);
        return tenant.Groups.GetValueOrDefault(userId, []);
    }

    public async Task<DirectoryGroup?> Group(Guid tenantId, Guid groupId, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answering(cancellationToken);
        return tenants[tenantId].Named.GetValueOrDefault(groupId);
    }

    public async Task<Page<DirectoryGroup>> Groups(Guid tenantId, string? prefix, int size, string? after, CancellationToken cancellationToken)
    {
        await tenants[tenantId].Answering(cancellationToken);
        var all = tenants[tenantId].Named.Values.Where(group => group.DisplayName.StartsWith(prefix ?? "", StringComparison.OrdinalIgnoreCase)).OrderBy(group => group.DisplayName, StringComparer.Ordinal).ToList();
        var page = all.Where(group => after is null || string.CompareOrdinal(group.DisplayName, after) > 0).Take(size).ToList();
        return new([.. page], page.Count == size ? page[^1].DisplayName : null, all.Count);
    }
}

internal sealed class TenantDirectory
{
    /// <summary>By person.</summary>
    public ConcurrentDictionary<Guid, ImmutableArray<Guid>> Groups { get; } = [];

    /// <summary>By id.</summary>
    public ConcurrentDictionary<Guid, DirectoryGroup> Named { get; } = [];

    /// <summary>About whom it was asked.</summary>
    public ConcurrentQueue<Guid> Asked { get; } = [];

    /// <summary>Awaited before each answer; what it throws is the answer.</summary>
    public Func<CancellationToken, Task> Answering { get; set; } = _ => Task.CompletedTask;

    public void Refuse(TimeSpan? retryAfter = null) => Answering = _ => throw new DirectoryUnavailableException("The test says so.", retryAfter);

    public void Answer() => Answering = _ => Task.CompletedTask;
}
