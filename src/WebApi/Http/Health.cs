using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EngageCenter.WebApi.Http;

/// <summary>Live: the process answers. Ready: the host is not stopping, and the cluster answers it, in bounded time.</summary>
internal static class Health
{
    private const string Ready = "web-ready";

    public static void AddClusterHealth(this IServiceCollection services) =>
        services.AddHealthChecks().AddCheck<ClusterHealthCheck>("cluster", tags: [Ready], timeout: TimeSpan.FromSeconds(5));

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new() { Predicate = _ => false }).AllowAnonymous().DisableRateLimiting().DisableHttpMetrics();
        routes.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready) })
            .AllowAnonymous().DisableRateLimiting().DisableHttpMetrics();
    }

    private sealed class ClusterHealthCheck(IGrainFactory grains, IHostApplicationLifetime lifetime) : IHealthCheck
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
                var silos = await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, cancellationToken).WaitAsync(cancellationToken);
                return HealthCheckResult.Healthy($"{silos.Count} silos");
            }
            catch (Exception fault) when (Faults.IsUnavailable(fault))
            {
                return HealthCheckResult.Unhealthy("The cluster does not answer.");
            }
        }
    }
}
