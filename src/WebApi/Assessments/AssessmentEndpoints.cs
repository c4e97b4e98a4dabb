using EngageCenter.Access;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Assessments;

internal static class AssessmentEndpoints
{
    public static void MapAssessments(this IEndpointRouteBuilder routes)
    {
        var assessments = routes.MapGroup("/v1/workspaces/{id}/assessments").WithTags("Assessments");
        assessments.MapGet("", List).RequirePermission(Permissions.AccessAssessments)
            .Describe("ListAssessments", "The technologies and their assessments", "Every technology that can be assessed, configured or not.")
            .Answers<ListResponse<AssessmentJson>>(200);
        assessments.MapGet("/{technology}", Get).RequirePermission(Permissions.AccessAssessments)
            .Describe("GetAssessment", "The assessment of a technology")
            .Versioned()
            .Answers<AssessmentJson>(200);
        assessments.MapPut("/{technology}", Put).RequirePermission(Permissions.ManageAssessments)
            .Describe("PutAssessment", "Configures the assessment of a technology",
                "The first run is due one hour later, then one run every interval, independent of when runs really start and end. A new interval counts from the last scheduled run. `If-Match: *` requires that the technology is configured.")
            .Example("""{ "interval": "P7D" }""")
            .Answers<AssessmentJson>(200)
            .Answers<AssessmentJson>(201);
        assessments.MapDelete("/{technology}", Delete).RequirePermission(Permissions.ManageAssessments)
            .Describe("DeleteAssessment", "Ends the schedule of a technology",
                "Succeeds also if there is no schedule. A run in progress continues, and the runs and recommendations can still be read.")
            .Answers(204);
    }

    private static Task<IResult> List(WorkspaceVisit visit, PageQuery query, HttpRequest request) => visit.Act(async decision =>
        await visit.Grain<IAssessmentsGrain>().List(decision) is { } all
            ? Lists.Answer(request, Lists.Cut("assessments", all, query.Page()), AssessmentJson.Of)
            : null);

    private static Task<IResult> Get(WorkspaceVisit visit, RouteTechnology technology, HttpContext http) => visit.Act(async decision =>
        await visit.Grain<IAssessmentsGrain>().Get(decision, technology.Id) is { } assessment
            ? Preconditions.Answer(http, assessment.Version, AssessmentJson.Of(assessment))
            : null);

    private static Task<IResult> Put(
        WorkspaceVisit visit, RouteTechnology technology, PutAssessmentRequest? body, IfMatchHeader ifMatch, HttpContext http) => visit.Act(async decision =>
    {
        var grain = visit.Grain<IAssessmentsGrain>();
        var condition = await Condition(grain, decision, technology.Id, ifMatch);
        var outcome = await grain.Configure(decision, new(technology.Id, body?.Interval ?? Assessment.DefaultInterval, condition));
        return outcome.Status switch
        {
            ConfigureAssessmentStatus.Created => Preconditions.AnswerPut(
                http, outcome.Assessment!.Version, AssessmentJson.Of(outcome.Assessment), http.Request.Path.ToUriComponent()),
            ConfigureAssessmentStatus.Updated => Preconditions.AnswerPut(
                http, outcome.Assessment!.Version, AssessmentJson.Of(outcome.Assessment), createdAt: null),
            ConfigureAssessmentStatus.DecideAgain => null,
            ConfigureAssessmentStatus.VersionMismatch => ifMatch.Refusal(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    });

    private static Task<IResult> Delete(WorkspaceVisit visit, RouteTechnology technology, IfMatchHeader ifMatch) => visit.Act(async decision =>
    {
        var grain = visit.Grain<IAssessmentsGrain>();
        var condition = await Condition(grain, decision, technology.Id, ifMatch);
        var outcome = await grain.Remove(decision, new(technology.Id, condition));
        return outcome.Status switch
        {
            RemoveAssessmentStatus.Removed => TypedResults.NoContent(),
            RemoveAssessmentStatus.DecideAgain => null,
            RemoveAssessmentStatus.VersionMismatch => ifMatch.Refusal(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    });

    // Whoever manages assessments may also read them: no role in the table has only the permission to manage.
    private static Task<Paging.IfMatch?> Condition(IAssessmentsGrain grain, AccessDecision decision, string technology, IfMatchHeader ifMatch) =>
        ifMatch.Choose(async () => (await grain.Get(decision, technology))?.Version);
}
