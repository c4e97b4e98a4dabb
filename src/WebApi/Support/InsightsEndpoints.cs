using EngageCenter.Access;
using EngageCenter.Support;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Support;

internal static class InsightsEndpoints
{
    public static void MapSupportInsights(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/v1/workspaces/{id}/support-insights").WithTags("Support")
            .MapGet("", Get).RequirePermission(Permissions.ViewSupportInsights).Scans()
            .Describe("GetSupportInsights", "The support figures of a period", "The window is [from, to). The figures are exact: equal to a recomputation from the newest state of every case.")
            .Answers<SupportInsightsResponse>(200);

    private static Task<IResult> Get(WorkspaceVisit visit, InsightsQuery query, TimeProvider time, CancellationToken aborted)
    {
        var window = query.Window(time.GetUtcNow());
        return visit.Act(async decision => await visit.Grain<ISupportGrain>().Insights(decision, window, aborted) is { } insights
            ? TypedResults.Ok(SupportInsightsResponse.Of(visit.WorkspaceId, insights))
            : null);
    }
}
