using EngageCenter.Access;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Assessments;

internal static class RecommendationEndpoints
{
    public static void MapRecommendations(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/workspaces/{id}/assessments/{technology}/recommendations", List).WithTags("Assessments").RequirePermission(Permissions.AccessAssessments).Scans()
        .Describe("ListRecommendations", "The recommendations of the last completed run",
            "Ordered by businessImpact × probability ÷ effort, greatest first, then by id; empty until a run completes. With `Accept: text/csv`, returns the complete list as CSV, without pages; a cell that a spreadsheet would read as a formula starts with an apostrophe.")
        .Answers<ListResponse<RecommendationJson>>(200)
        .AnswersCsv()
        .Refuses(Problems.NotAcceptable, Problems.ListChanged);

    private static Task<IResult> List(WorkspaceVisit visit, RouteTechnology technology, RecommendationListQuery query, HttpContext http)
    {
        var (assessments, asked) = (visit.Grain<IAssessmentsGrain>(), new RecommendationQuery(technology.Id, query.FocusArea, query.Page()));
        return visit.List(
            http, query, (decision, page, count) => assessments.Recommendations(decision, asked with { Page = page, Count = count }),
            RecommendationJson.Of);
    }
}
