using System.Threading.RateLimiting;
using EngageCenter.Paging;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Requests;
using Microsoft.AspNetCore.Http.Features;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Bounds what one caller's lists cost a node: so many items a second, by the sizes that were asked for, and few large pages
/// at once. A page waits for its turn, so that a reader who goes on by <c>nextLink</c> is only slowed down; a client that
/// goes away while its page waits has cost nothing.
/// </summary>
internal static class PageLimit
{
    /// <summary>Pages of more items are large.</summary>
    public const int LargePage = PageRequest.DefaultSize;

    /// <summary>As many items may wait as come within <see cref="NodeLimits.Patience"/>; more are refused at once.</summary>
    public static PartitionedRateLimiter<Claimant> ItemsOf(RateLimitOptions options) =>
        PartitionedRateLimiter.Create<Claimant, string>(who => RateLimitPartition.GetTokenBucketLimiter(who.Caller, _ => RateLimits.Bucket(
            options.ItemsPerSecond, options.ItemsAtOnce, waiting: (int)Math.Min(int.MaxValue, NodeLimits.Patience.TotalSeconds * options.ItemsPerSecond))));

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
            if (await Take(call.HttpContext, limits, time, size, "large pages") is { } refusal)
            {
                return refusal;
            }

            // What nobody takes is not written either.
            var answer = await next(call);
            return call.HttpContext.RequestAborted.IsCancellationRequested ? TypedResults.StatusCode(StatusCodes.Status499ClientClosedRequest) : answer;
        };
    }

    /// <summary>
    /// Waits for the turn of so many items, and where they are many, for a place among the large ones until the answer has
    /// been written; what it answers where the caller has asked for too many.
    /// </summary>
    /// <param name="of">What they are, for the answer.</param>
    /// <param name="cost">As how many items they count, where they cost more than so many of a page.</param>
    /// <exception cref="OverLimitException">The turn did not come in time.</exception>
    public static async ValueTask<IResult?> Take(HttpContext http, NodeLimits limits, TimeProvider time, int size, string of, int? cost = null)
    {
        if (size > LargePage)
        {
            await TakePlace(http, limits, time, of);
        }

        return await Count(http, limits, cost ?? size);
    }

    /// <summary>Waits for a place among the large ones, and has it until the answer has been written.</summary>
    /// <param name="of">What they are, for the answer.</param>
    /// <exception cref="OverLimitException">None came free in time.</exception>
    public static async Task TakePlace(HttpContext http, NodeLimits limits, TimeProvider time, string of) => http.Response.RegisterForDispose(
        await limits.LargePages.TakeWithinAsync(http.Features.GetRequiredFeature<Claimant>(), 1, of, time, http.RequestAborted));

    /// <summary>Waits for the turn of so many items; what it answers where the caller has asked for too many.</summary>
    public static async ValueTask<IResult?> Count(HttpContext http, NodeLimits limits, int items)
    {
        using var counted = await limits.Items.AcquireAsync(
            http.Features.GetRequiredFeature<Claimant>(), Math.Min(items, limits.ItemsAtOnce), http.RequestAborted);
        return counted.IsAcquired ? null : Problems.TooManyRequests.Answer();
    }
}
