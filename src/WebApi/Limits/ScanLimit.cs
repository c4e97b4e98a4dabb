using EngageCenter.Paging;
using Microsoft.AspNetCore.Http.Features;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Limits routes whose response may need a pass over many items: searches, filters, and figures computed on request. A
/// caller may run only <see cref="WebApiOptions.CallerScans"/> of them at once, and each counts as a page of the largest
/// size (<see cref="PageLimit"/>), because a few that follow each other without a pause would keep a processor of a silo
/// busy.
/// </summary>
internal static class ScanLimit
{
    public const string Name = "searches, filtered lists and figures";

    /// <param name="by">The query parameters that make a request a scan; if empty, every request is one.</param>
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
