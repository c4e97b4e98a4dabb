using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Identity;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EngageCenter.WebApi.Hosting;

/// <summary>
/// Serves the health endpoints. Live: the process responds. Ready: the host is not stopping, the cluster responds within 5
/// seconds, and the node has read which tenants are known. Before that read, limits would count members as strangers.
/// </summary>
internal static class Health
{
    // The cluster is asked at most once in this time, whatever the number of callers.
    private static readonly TimeSpan kept = TimeSpan.FromSeconds(1);

    public static void AddClusterHealth(this IServiceCollection services) =>
        services.AddSingleton<LastAnswer>().AddHealthChecks().AddCheck<ClusterHealthCheck>("cluster", tags: [WebApiHost.ReadyTag], timeout: TimeSpan.FromSeconds(5));

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new() { Predicate = _ => false }).AllowAnonymous().DisableRateLimiting().DisableHttpMetrics();
        routes.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(WebApiHost.ReadyTag) })
            .AllowAnonymous().DisableRateLimiting().DisableHttpMetrics();
    }

    private sealed class ClusterHealthCheck(IGrainFactory grains, IHostApplicationLifetime lifetime, LastAnswer last, AllowedTenants tenants) : IHealthCheck
    {
        // A response from a grain proves the whole way: gateway, placement, directory. The wait ends even if the call
        // ignores its cancellation.
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
                return HealthCheckResult.Unhealthy("The cluster does not respond.");
            }
        }

        private async Task<int> CountSilos() => (await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count;
    }

    /// <summary>Shares the cluster's last answer among all who ask at about the same time.</summary>
    internal sealed class LastAnswer(TimeProvider time)
    {
        private readonly Lock gate = new();
        private Task<int>? answer;
        private long since;

        /// <summary>
        /// Returns the answer that is awaited or that was asked for within the last second; otherwise asks again.
        /// </summary>
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
