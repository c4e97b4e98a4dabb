using System.Threading.RateLimiting;
using Microsoft.Identity.Web;

namespace EngageCenter.Portal.Hosting;

/// <summary>Limits how much one person, or one address without a sign-in, may request from one node.</summary>
internal static class PersonLimits
{
    private const int PerSecond = 20;
    private const int AtOnce = 200;

    public static void AddPersonLimits(this IServiceCollection services) => services.AddRateLimiter(limiter =>
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.OnRejected = (rejected, _) =>
        {
            rejected.HttpContext.Response.Headers.RetryAfter = "1";
            return ValueTask.CompletedTask;
        };
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => RateLimitPartition.GetTokenBucketLimiter(
            context.User.GetObjectId() is { } person ? $"{context.User.GetTenantId()}/{person}" : AddressConnections.KeyOf(context.Connection.RemoteIpAddress),
            _ => new() { TokenLimit = AtOnce, TokensPerPeriod = PerSecond, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0 }));
    });
}
