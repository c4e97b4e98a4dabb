using EngageCenter.Access;
using EngageCenter.Support;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Support;

internal static class InsightsEndpoints
{
    public static void MapSupportInsights(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/v1/workspaces/{id}/support-insights").WithTags("Support").RequirePerson()
            .MapGet("", Get)
            .Describe("GetSupportInsights", "What support did", "Figures over the window [from, to), exact: equal to a recomputation from the newest state of every case. ViewSupportInsights.")
            .Query("from", "The window's start; six months before its end where nothing is said.")
            .Query("to", "The window's end, not in it; now where nothing is said.")
            .Answers<SupportInsightsResponse>(200)
            .InWorkspace(Permissions.ViewSupportInsights)
            .Refuses(Problems.InvalidRequest);

    private static async Task<IResult> Get(string id, HttpContext http, WorkspaceAccess access, IGrainFactory grains, TimeProvider time)
    {
        var visit = await access.Enter(http, id, Permissions.ViewSupportInsights);
        if (visit.Refusal is not null)
        {
            return visit.Refusal;
        }

        var errors = new RequestErrors();
        var window = InsightsWindows.Read(new(http.Request.Query, errors), errors, time.GetUtcNow());
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await grains.GetGrain<ISupportGrain>(id).Insights(decision, window) is { } insights
                ? TypedResults.Ok(SupportInsightsResponse.Of(id, insights))
                : null);
    }
}
