using System.Threading.RateLimiting;
using EngageCenter.WebApi.Identity;

namespace EngageCenter.WebApi.Http;

/// <summary>A bucket of requests for each caller, and for each address of those who did not say who they are.</summary>
internal static class RateLimits
{
    public static void AddRateLimits(this IServiceCollection services, WebApiOptions options) =>
        services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = PerCaller(options.RateLimit);
            limiter.OnRejected = async (rejected, _) => await Problems.TooManyRequests.Answer().ExecuteAsync(rejected.HttpContext);
        });

    private static PartitionedRateLimiter<HttpContext> PerCaller(RateLimitOptions options) =>
        PartitionedRateLimiter.Create<HttpContext, string>(http =>
            RateLimitPartition.GetTokenBucketLimiter(KeyOf(http), _ => new()
            {
                TokenLimit = options.Burst,
                TokensPerPeriod = options.PermitLimit,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }));

    private static string KeyOf(HttpContext http) =>
        http.Features.Get<Caller>()?.Key ?? http.Connection.RemoteIpAddress?.ToString() ?? "";
}
