using System.Threading.RateLimiting;
using EngageCenter.Paging;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Requests;
using Microsoft.AspNetCore.Http.Features;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Limits what the lists of one caller cost a node: a number of items per second, by the page sizes that were requested, and
/// a few large pages at once. A page waits for its turn, so a client that follows <c>nextLink</c> is slowed down and not
/// refused. If a client disconnects while its page waits, the page is not read.
/// </summary>
internal static class PageLimit
{
    /// <summary>A page with more items than this is large.</summary>
    public const int LargePage = PageRequest.DefaultSize;

    /// <summary>
    /// Limits items per second. At most the items of <see cref="NodeLimits.Patience"/> may wait; more are refused at once.
    /// </summary>
    public static PartitionedRateLimiter<Claimant> ItemsOf(RateLimitOptions options) =>
        PartitionedRateLimiter.Create<Claimant, string>(who => RateLimitPartition.GetTokenBucketLimiter(who.Caller, _ => AddressConnections.Bucket(
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

            // Nothing is written for a client that has disconnected.
            var answer = await next(call);
            return call.HttpContext.RequestAborted.IsCancellationRequested ? TypedResults.StatusCode(StatusCodes.Status499ClientClosedRequest) : answer;
        };
    }

    /// <summary>
    /// Waits for the turn of a page, and for a large page also for one of the places for large pages, which it holds until
    /// the response is written. Returns the refusal if the caller has asked for too many items.
    /// </summary>
    /// <param name="of">What is taken, for the refusal's text.</param>
    /// <param name="cost">The number of items that count, if it differs from the page size.</param>
    /// <exception cref="OverLimitException">No place became free in time.</exception>
    public static async ValueTask<IResult?> Take(HttpContext http, NodeLimits limits, TimeProvider time, int size, string of, int? cost = null)
    {
        if (size > LargePage)
        {
            await TakePlace(http, limits, time, of);
        }

        return await Count(http, limits, cost ?? size);
    }

    /// <summary>Waits for one of the places for large pages, and holds it until the response is written.</summary>
    /// <param name="of">What is taken, for the refusal's text.</param>
    /// <exception cref="OverLimitException">No place became free in time.</exception>
    public static async Task TakePlace(HttpContext http, NodeLimits limits, TimeProvider time, string of) => http.Response.RegisterForDispose(
        await limits.LargePages.TakeWithinAsync(http.Features.GetRequiredFeature<Claimant>(), 1, of, time, http.RequestAborted));

    /// <summary>Waits for the turn of a number of items. Returns the refusal if the caller has asked for too many.</summary>
    public static async ValueTask<IResult?> Count(HttpContext http, NodeLimits limits, int items)
    {
        using var counted = await limits.Items.AcquireAsync(
            http.Features.GetRequiredFeature<Claimant>(), Math.Min(items, limits.ItemsAtOnce), http.RequestAborted);
        return counted.IsAcquired ? null : Problems.TooManyRequests.Answer();
    }
}
