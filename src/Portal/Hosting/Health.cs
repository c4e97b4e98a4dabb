using Microsoft.AspNetCore.Diagnostics.HealthChecks;

namespace EngageCenter.Portal.Hosting;

/// <summary>Live: the process answers. Ready: it is not stopping. Whether the API answers is shown on the pages, for each part.</summary>
internal static class Health
{
    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous().DisableRateLimiting().DisableHttpMetrics();
        app.MapGet("/health/ready", (IHostApplicationLifetime lifetime) => lifetime.ApplicationStopping.IsCancellationRequested
            ? Results.Text("Unhealthy", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("Healthy")).AllowAnonymous().DisableRateLimiting().DisableHttpMetrics();
    }
}
