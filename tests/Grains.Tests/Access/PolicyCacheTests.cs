using System.Reflection;
using EngageCenter.Access;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace EngageCenter.Grains.Tests.Access;

public class PolicyCacheTests
{
    // Within a grain's turn no reference can be created, and a silo that owns a workspace may not have asked for a lease yet.
    [Fact]
    public void Silo_without_leases_can_recall_from_other_silos()
    {
        using var services = new ServiceCollection().AddMetrics().AddSingleton<AccessMetrics>().BuildServiceProvider();
        var cache = new PolicyCache(
            DispatchProxy.Create<IGrainFactory, Refusing>(), proofs: null!, lending: null!, services.GetRequiredService<AccessMetrics>(), TimeProvider.System, NullLogger<PolicyCache>.Instance);
        var other = new Other();

        Assert.Same(other, cache.Nearest(other));
    }

    private sealed class Other : IPolicyHolder
    {
        public Task Recall(string workspaceId) => Task.CompletedTask;
    }

    public class Refusing : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            throw new InvalidOperationException($"{targetMethod!.Name} within a grain's turn.");
    }
}
