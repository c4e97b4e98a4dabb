using EngageCenter.Access;
using EngageCenter.Support;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Support;

internal static class InsightsEndpoints
{
    public static void MapSupportInsights(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/v1/workspaces/{id}/support-insights").WithTags("Support")
            .MapGet("", Get).RequirePermission(Permissions.ViewSupportInsights)
            .Describe("GetSupportInsights", "What support did", "Figures over the window [from, to), exact: equal to a recomputation from the newest state of every case.")
            .Query("from", "The window's start; six months before its end where nothing is said.")
            .Query("to", "The window's end, not in it; now where nothing is said.")
            .Answers<SupportInsightsResponse>(200)
            .Refuses(Problems.InvalidRequest);

    private static async Task<IResult> Get(WorkspaceVisit visit, HttpContext http, TimeProvider time)
    {
        var errors = new RequestErrors();
        var window = InsightsWindows.Read(new(http.Request.Query, errors), errors, time.GetUtcNow());
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await visit.Grain<ISupportGrain>().Insights(decision, window) is { } insights
                ? TypedResults.Ok(SupportInsightsResponse.Of(visit.WorkspaceId, insights))
                : null);
    }
}
