using System.Collections.Concurrent;
using System.Collections.Immutable;
using EngageCenter.Directories;

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
}

internal sealed class TenantDirectory
{
    /// <summary>By person.</summary>
    public ConcurrentDictionary<Guid, ImmutableArray<Guid>> Groups { get; } = [];

    /// <summary>About whom it was asked.</summary>
    public ConcurrentQueue<Guid> Asked { get; } = [];

    /// <summary>Awaited before each answer; what it throws is the answer.</summary>
    public Func<CancellationToken, Task> Answering { get; set; } = _ => Task.CompletedTask;

    public void Refuse(TimeSpan? retryAfter = null) => Answering = _ => throw new DirectoryUnavailableException("The test says so.", retryAfter);

    public void Answer() => Answering = _ => Task.CompletedTask;
}
