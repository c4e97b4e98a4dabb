using System.Threading.RateLimiting;
using EngageCenter.WebApi.Identity;

namespace EngageCenter.WebApi.Http;

/// <summary>
/// A bucket of requests for each caller, and for each address of those who did not say who they are; and a bound on the
/// requests that the node answers at the same time, whoever sends them.
/// </summary>
internal static class RateLimits
{
    /// <summary>The policy of endpoints that need no token: one budget for all who send none.</summary>
    public const string Anonymous = "anonymous";

    public static void AddRateLimits(this IServiceCollection services, WebApiOptions options) =>
        services.AddRateLimiter(limiter =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(PerCaller(options.RateLimit), AtOnce(options.MaxRequests));
            limiter.AddPolicy(Anonymous, http => http.Features.Get<Caller>() is null
                ? RateLimitPartition.GetTokenBucketLimiter("", _ => Bucket(options.RateLimit.AnonymousPerSecond, 5 * options.RateLimit.AnonymousPerSecond))
                : RateLimitPartition.GetNoLimiter("caller"));
            limiter.OnRejected = async (rejected, _) =>
            {
                // A bucket says when it has more; of requests that go on nobody knows when they end.
                var problem = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan _)
                    ? Problems.TooManyRequests.Answer()
                    : Problems.ServiceUnavailable.Answer("This node answers as many requests as it may. Repeating the request is safe.");
                await problem.ExecuteAsync(rejected.HttpContext);
            };
        });

    private static PartitionedRateLimiter<HttpContext> PerCaller(RateLimitOptions options) =>
        PartitionedRateLimiter.Create<HttpContext, string>(http =>
            RateLimitPartition.GetTokenBucketLimiter(KeyOf(http), _ => Bucket(options.PermitLimit, options.Burst)));

    private static TokenBucketRateLimiterOptions Bucket(int perSecond, int atOnce) => new()
    {
        TokenLimit = atOnce,
        TokensPerPeriod = perSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
    };

    // Nobody queues: a client that waits is better told, and tries another node.
    private static PartitionedRateLimiter<HttpContext> AtOnce(int requests) =>
        PartitionedRateLimiter.Create<HttpContext, bool>(_ =>
            RateLimitPartition.GetConcurrencyLimiter(true, _ => new() { PermitLimit = requests, QueueLimit = 0 }));

    private static string KeyOf(HttpContext http) =>
        http.Features.Get<Caller>()?.Key ?? FailedTokens.KeyOf(http.Connection.RemoteIpAddress);
}
