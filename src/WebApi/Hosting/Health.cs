using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Identity;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EngageCenter.WebApi.Hosting;

/// <summary>
/// Live: the process answers. Ready: the host is not stopping, the cluster answers it, in bounded time, and it has read which
/// tenants are known: before, it would give their people a stranger's part of the limits.
/// </summary>
internal static class Health
{
    private const string Ready = "web-ready";

    // Whoever asks, and however often, the cluster is asked once in this time.
    private static readonly TimeSpan kept = TimeSpan.FromSeconds(1);

    public static void AddClusterHealth(this IServiceCollection services) =>
        services.AddSingleton<LastAnswer>().AddHealthChecks().AddCheck<ClusterHealthCheck>("cluster", tags: [Ready], timeout: TimeSpan.FromSeconds(5));

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new() { Predicate = _ => false }).AllowAnonymous().DisableRateLimiting().DisableHttpMetrics();
        routes.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready) })
            .AllowAnonymous().DisableRateLimiting().DisableHttpMetrics();
    }

    private sealed class ClusterHealthCheck(IGrainFactory grains, IHostApplicationLifetime lifetime, LastAnswer last, AllowedTenants tenants) : IHealthCheck
    {
        // An answer from a grain goes all the way: gateway, placement, directory. We stop waiting
        // where the call does not heed its cancellation.
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return HealthCheckResult.Unhealthy("The host is stopping.");
            }

            try
            {
                var silos = await last.GetAsync(() => CountSilos()).WaitAsync(cancellationToken);
                await tenants.FirstRead().WaitAsync(cancellationToken);
                return HealthCheckResult.Healthy($"{silos} silos");
            }
            catch (Exception fault) when (Faults.IsUnavailable(fault))
            {
                return HealthCheckResult.Unhealthy("The cluster does not answer.");
            }
        }

        private async Task<int> CountSilos() => (await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count;
    }

    /// <summary>What the cluster answered last, for all who ask within a moment.</summary>
    internal sealed class LastAnswer(TimeProvider time)
    {
        private readonly Lock gate = new();
        private Task<int>? answer;
        private long since;

        /// <summary>The answer that is under way, or the one that came within the last second; a new one otherwise.</summary>
        public Task<int> GetAsync(Func<Task<int>> ask)
        {
            lock (gate)
            {
                if (answer is null || (answer.IsCompleted && time.GetElapsedTime(since) >= kept))
                {
                    (answer, since) = (ask(), time.GetTimestamp());
                }

                return answer;
            }
        }
    }
}
