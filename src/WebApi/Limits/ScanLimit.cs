using EngageCenter.Paging;
using Microsoft.AspNetCore.Http.Features;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Routes whose answer may take a pass over many items: searches, filters, and figures that are computed when they are asked
/// for. A caller has only <see cref="WebApiOptions.CallerScans"/> of them at work at once, and each counts as a page of the
/// largest size (<see cref="PageLimit"/>): a few that follow each other without a pause would keep a processor of a silo busy.
/// </summary>
internal static class ScanLimit
{
    public const string Name = "searches, filtered lists and figures";

    /// <param name="by">Parameters of the query that make it a scan; none where every request is one.</param>
    public static TBuilder Scans<TBuilder>(this TBuilder routes, params string[] by)
        where TBuilder : IEndpointConventionBuilder => routes.AddEndpointFilter(async (invocation, next) =>
        {
            var http = invocation.HttpContext;
            if (by.Length > 0 && !by.Any(http.Request.Query.ContainsKey))
            {
                return await next(invocation);
            }

            var limits = http.RequestServices.GetRequiredService<NodeLimits>();
            using var share = limits.Scans.TryTake(http.Features.GetRequiredFeature<Claimant>());
            return !share.IsTaken ? OverLimitException.Of(share.UsedUp, Name).Answer()
                : await PageLimit.Count(http, limits, PageRequest.MaxSize) ?? await next(invocation);
        });
}
