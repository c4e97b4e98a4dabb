using EngageCenter.Access;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Assessments;

internal static class AssessmentEndpoints
{
    public static void MapAssessments(this IEndpointRouteBuilder routes)
    {
        var assessments = routes.MapGroup("/v1/workspaces/{id}/assessments").WithTags("Assessments");
        assessments.MapGet("", List).RequirePermission(Permissions.AccessAssessments)
            .Describe("ListAssessments", "The technologies and their assessments", "Every technology that can be assessed, whether it is or not.")
            .Paged()
            .Answers<ListResponse<AssessmentJson>>(200)
            .Refuses(Problems.InvalidRequest);
        assessments.MapGet("/{technology}", Get).OfTechnology().RequirePermission(Permissions.AccessAssessments)
            .Describe("GetAssessment", "The assessment of a technology")
            .Versioned()
            .Answers<AssessmentJson>(200);
        assessments.MapPut("/{technology}", Put).OfTechnology().RequirePermission(Permissions.ManageAssessments)
            .Describe("PutAssessment", "Configures the assessment of a technology",
                "The first run is due an hour later, then one every interval, wherever the runs themselves begin and end. A new interval counts from the last scheduled run. An If-Match of * is for a technology that is configured.")
            .Takes<PutAssessmentRequest>("""{ "interval": "P7D" }""", required: false)
            .Conditional()
            .Answers<AssessmentJson>(200)
            .Answers<AssessmentJson>(201);
        assessments.MapDelete("/{technology}", Delete).OfTechnology().RequirePermission(Permissions.ManageAssessments)
            .Describe("DeleteAssessment", "Ends the schedule of a technology",
                "Also where there is none. A run that is under way goes on, and the runs and recommendations stay to be read.")
            .Conditional()
            .Answers(204);
    }

    private static async Task<IResult> List(WorkspaceVisit visit, HttpContext http)
    {
        var errors = new RequestErrors();
        var page = new QueryFields(http.Request.Query, errors).Page();
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await visit.Grain<IAssessmentsGrain>().List(decision) is { } all
                ? Lists.Answer(http.Request, Lists.Cut("assessments", all, page), AssessmentJson.Of)
                : null);
    }

    private static async Task<IResult> Get(WorkspaceVisit visit, string technology, HttpContext http)
    {
        return await visit.Act(async decision =>
            await visit.Grain<IAssessmentsGrain>().Get(decision, technology) is { } assessment
                ? Preconditions.Answer(http, assessment.Version, AssessmentJson.Of(assessment))
                : null);
    }

    private static async Task<IResult> Put(WorkspaceVisit visit, string technology, HttpContext http)
    {
        var errors = new RequestErrors();
        var header = Preconditions.Read(http.Request, errors);
        var (body, unreadable) = await JsonBody.Read(http.Request, errors, optional: true);
        if (body is null)
        {
            return unreadable!;
        }

        var interval = body.OptionalDuration("interval", Assessment.MinInterval, Assessment.MaxInterval) ?? Assessment.DefaultInterval;
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        var grain = visit.Grain<IAssessmentsGrain>();
        return await visit.Act(async decision =>
        {
            var condition = await Condition(grain, decision, technology, header);
            var outcome = await grain.Configure(decision, new(technology, interval, condition));
            return outcome.Status switch
            {
                ConfigureAssessmentStatus.Created => Preconditions.AnswerPut(
                    http, outcome.Assessment!.Version, AssessmentJson.Of(outcome.Assessment), http.Request.Path.ToUriComponent()),
                ConfigureAssessmentStatus.Updated => Preconditions.AnswerPut(
                    http, outcome.Assessment!.Version, AssessmentJson.Of(outcome.Assessment), createdAt: null),
                ConfigureAssessmentStatus.DecideAgain => null,
                ConfigureAssessmentStatus.VersionMismatch => Problems.PreconditionFailed.Answer(),
                var unknown => throw new NotSupportedException($"No answer for {unknown}."),
            };
        });
    }

    private static async Task<IResult> Delete(WorkspaceVisit visit, string technology, HttpContext http)
    {
        var errors = new RequestErrors();
        var header = Preconditions.Read(http.Request, errors);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        var grain = visit.Grain<IAssessmentsGrain>();
        return await visit.Act(async decision =>
        {
            var condition = await Condition(grain, decision, technology, header);
            var outcome = await grain.Remove(decision, new(technology, condition));
            return outcome.Status switch
            {
                RemoveAssessmentStatus.Removed => TypedResults.NoContent(),
                RemoveAssessmentStatus.DecideAgain => null,
                RemoveAssessmentStatus.VersionMismatch => Problems.PreconditionFailed.Answer(),
                var unknown => throw new NotSupportedException($"No answer for {unknown}."),
            };
        });
    }

    private static async Task<Paging.IfMatch?> Condition(
        IAssessmentsGrain grain, AccessDecision decision, string technology, Preconditions.IfMatchHeader? header) =>
        // Who manages assessments may read them too: in the table of roles nobody has the one without the other.
        header is null ? null : await header.Choose(async () => (await grain.Get(decision, technology))?.Version);
}
