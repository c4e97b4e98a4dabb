using System.Threading.RateLimiting;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Identity;

namespace EngageCenter.WebApi.Limits;

/// <summary>Limits requests per second: for each caller, and for each address of requests without a caller.</summary>
internal static class RateLimits
{
    /// <summary>The policy of endpoints that need no token: all requests without one share a budget.</summary>
    public const string Anonymous = "anonymous";

    public static void AddRateLimits(this IServiceCollection services, WebApiOptions options) =>
        services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = PerCaller(options.RateLimit);
            limiter.AddPolicy(Anonymous, http => http.Features.Get<Caller>() is null
                ? RateLimitPartition.GetTokenBucketLimiter("", _ => AddressConnections.Bucket(options.RateLimit.AnonymousPerSecond, 5 * options.RateLimit.AnonymousPerSecond))
                : RateLimitPartition.GetNoLimiter("caller"));
            limiter.OnRejected = async (rejected, _) => await Problems.TooManyRequests.Answer().ExecuteAsync(rejected.HttpContext);
        });

    private static PartitionedRateLimiter<HttpContext> PerCaller(RateLimitOptions options) =>
        PartitionedRateLimiter.Create<HttpContext, string>(http =>
            RateLimitPartition.GetTokenBucketLimiter(KeyOf(http), _ => AddressConnections.Bucket(options.PermitLimit, options.Burst)));

    private static string KeyOf(HttpContext http) =>
        http.Features.Get<Caller>()?.Key ?? AddressConnections.KeyOf(http.Connection.RemoteIpAddress);
}
