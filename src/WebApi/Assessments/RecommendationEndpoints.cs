using EngageCenter.Access;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Assessments;

internal static class RecommendationEndpoints
{
    public static void MapRecommendations(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/workspaces/{id}/assessments/{technology}/recommendations", List).WithTags("Assessments").RequirePermission(Permissions.AccessAssessments).OfTechnology()
        .Describe("ListRecommendations", "What the last completed run recommends",
            "Greatest businessImpact × probability ÷ effort first, then by id; nothing while no run is completed. With `Accept: text/csv` all of them as CSV, without pages; a cell that a spreadsheet would take for a formula begins with an apostrophe there.")
        .Query("focusArea", "Only recommendations of this area.", [.. WireNames.For<FocusArea>().All])
        .Paged()
        .Answers<ListResponse<RecommendationJson>>(200)
        .AnswersCsv()
        .Refuses(Problems.InvalidRequest, Problems.NotAcceptable);

    private static async Task<IResult> List(WorkspaceVisit visit, string technology, HttpContext http)
    {
        var errors = new RequestErrors();
        var fields = new QueryFields(http.Request.Query, errors);
        var query = new RecommendationQuery(technology, FocusAreas.Optional(fields, "focusArea", errors), fields.Page());
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        var assessments = visit.Grain<IAssessmentsGrain>();
        return await visit.List(
            http, query.Page, (decision, page, count) => assessments.Recommendations(decision, query with { Page = page, Count = count }),
            RecommendationJson.Of, RecommendationCsv.Table);
    }
}
