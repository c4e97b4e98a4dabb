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
            var size = ((IPaged)call.Arguments[paged]!).Page().Size;
            return await Take(call.HttpContext, limits, time, size, "large pages") ?? await next(call);
        };
    }

    /// <summary>Waits for the turn of so many items; what it answers where the caller has had too many.</summary>
    /// <param name="of">What they are, for the answer.</param>
    /// <exception cref="OverLimitException">The turn did not come in time.</exception>
    public static async ValueTask<IResult?> Take(HttpContext http, NodeLimits limits, TimeProvider time, int size, string of)
    {
        if (size <= LargePage)
        {
            return null;
        }

        var who = http.Features.GetRequiredFeature<Claimant>();
        if (!limits.Items.AttemptAcquire(who, size).IsAcquired)
        {
            return Problems.TooManyRequests.Answer();
        }

        http.Response.RegisterForDispose(await limits.LargePages.TakeWithinAsync(who, 1, of, time, http.RequestAborted));
        return null;
    }
}
