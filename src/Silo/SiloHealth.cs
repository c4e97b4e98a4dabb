using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Providers;
using Orleans.Runtime.Messaging;
using Orleans.Storage;

namespace EngageCenter;

/// <summary>
/// Serves the silo's health endpoints. Live: the process responds. Ready: the host is not stopping, the silo is an active
/// member of its cluster, it has memory left for calls, and storage responds to a read.
/// </summary>
public static class SiloHealth
{
    /// <summary>The tag of the checks that <c>/health/ready</c> runs.</summary>
    public const string ReadyTag = "ready";

    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>, which return 200, or 503 while a check fails.</summary>
    public static IEndpointRouteBuilder MapSiloHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).DisableHttpMetrics();
        routes.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(ReadyTag) })
            .DisableHttpMetrics();
        return routes;
    }

    internal static void AddSiloHealth(this IHostApplicationBuilder builder) => builder.Services.AddHealthChecks()
        .AddCheck<SiloReadiness>("silo", tags: [ReadyTag], timeout: TimeSpan.FromSeconds(5));
}

internal sealed class SiloReadiness(
    ISiloStatusOracle silo,
    IHostApplicationLifetime lifetime,
    IOverloadDetector overload,
    [FromKeyedServices(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)] IGrainStorage storage) : IHealthCheck
{
    // This row is never written; the check only needs the read to succeed.
    private static readonly GrainId Probe = GrainId.Create("health", "ready");

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("The host is stopping.");
        }

        var status = silo.CurrentStatus;
        if (status != SiloStatus.Active)
        {
            return HealthCheckResult.Unhealthy($"The silo is {status}.");
        }

        if (overload.IsOverloaded)
        {
            return HealthCheckResult.Unhealthy("The silo refuses calls: its memory is nearly used up.");
        }

        await storage.ReadStateAsync("probe", Probe, new GrainState<Probed>(), cancellationToken);
        return HealthCheckResult.Healthy();
    }

    private sealed class Probed;
}
