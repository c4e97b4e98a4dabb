using System.Threading.RateLimiting;
using EngageCenter.Paging;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Requests;
using Microsoft.AspNetCore.Http.Features;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Bounds what one caller's large pages of lists cost a node: so many items a second, by the sizes that were asked for, and
/// few pages at once. A page waits for its turn, so that a reader who goes on by <c>nextLink</c> never sees it.
/// </summary>
internal static class PageLimit
{
    /// <summary>Pages of more items are large.</summary>
    public const int LargePage = PageRequest.DefaultSize;

    public static PartitionedRateLimiter<Claimant> ItemsOf(RateLimitOptions options) =>
        PartitionedRateLimiter.Create<Claimant, string>(who => RateLimitPartition.GetTokenBucketLimiter(who.Caller, _ => new()
        {
            TokenLimit = options.ItemsAtOnce,
            TokensPerPeriod = options.ItemsPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
        }));

    public static EndpointFilterDelegate Filter(EndpointFilterFactoryContext endpoint, EndpointFilterDelegate next)
    {
        var paged = Array.FindIndex(endpoint.MethodInfo.GetParameters(), p => p.ParameterType.IsAssignableTo(typeof(IPaged)));
        if (paged < 0)
        {
            return next;
        }

        var limits = endpoint.ApplicationServices.GetRequiredService<NodeLimits>();
        var time = endpoint.ApplicationServices.GetRequiredService<TimeProvider>();
        return async call =>
        {
            var (http, size) = (call.HttpContext, ((IPaged)call.Arguments[paged]!).Page().Size);
            if (size <= LargePage)
            {
                return await next(call);
            }

            var who = http.Features.GetRequiredFeature<Claimant>();
            if (!limits.Items.AttemptAcquire(who, size).IsAcquired)
            {
                return Problems.TooManyRequests.Answer();
            }

            http.Response.RegisterForDispose(await limits.LargePages.TakeWithinAsync(who, 1, "large pages", time, http.RequestAborted));
            return await next(call);
        };
    }
}
