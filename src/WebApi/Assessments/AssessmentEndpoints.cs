using EngageCenter.Access;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Assessments;

internal static class AssessmentEndpoints
{
    public static void MapAssessments(this IEndpointRouteBuilder routes)
    {
        var assessments = routes.MapGroup("/v1/workspaces/{id}/assessments").WithTags("Assessments").RequirePerson();
        assessments.MapGet("", List)
            .Describe("ListAssessments", "The technologies and their assessments", "Every technology that can be assessed, whether it is or not. AccessAssessments.")
            .Paged()
            .Answers<ListResponse<AssessmentJson>>(200)
            .InWorkspace(Permissions.AccessAssessments)
            .Refuses(Problems.InvalidRequest);
        assessments.MapGet("/{technology}", Get)
            .Describe("GetAssessment", "The assessment of a technology", "AccessAssessments.")
            .Versioned()
            .Answers<AssessmentJson>(200)
            .InWorkspace(Permissions.AccessAssessments)
            .Refuses(Problems.TechnologyNotFound);
        assessments.MapPut("/{technology}", Put)
            .Describe("PutAssessment", "Configures the assessment of a technology",
                "The first run is due an hour later, then one every interval, wherever the runs themselves begin and end. A new interval counts from the last scheduled run. An If-Match of * is for a technology that is configured. ManageAssessments.")
            .Takes<PutAssessmentRequest>("""{ "interval": "P7D" }""", required: false)
            .Conditional()
            .Answers<AssessmentJson>(200)
            .Answers<AssessmentJson>(201)
            .InWorkspace(Permissions.ManageAssessments)
            .Refuses(Problems.TechnologyNotFound);
        assessments.MapDelete("/{technology}", Delete)
            .Describe("DeleteAssessment", "Ends the schedule of a technology",
                "Also where there is none. A run that is under way goes on, and the runs and recommendations stay to be read. ManageAssessments.")
            .Conditional()
            .Answers(204)
            .InWorkspace(Permissions.ManageAssessments)
            .Refuses(Problems.TechnologyNotFound);
    }

    private static async Task<IResult> List(string id, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        var visit = await access.Enter(http, id, Permissions.AccessAssessments);
        if (visit.Refusal is not null)
        {
            return visit.Refusal;
        }

        var errors = new RequestErrors();
        var page = new QueryFields(http.Request.Query, errors).Page();
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await grains.GetGrain<IAssessmentsGrain>(id).List(decision) is { } all
                ? Lists.Answer(http.Request, Lists.Cut("assessments", all, page), AssessmentJson.Of)
                : null);
    }

    private static async Task<IResult> Get(string id, string technology, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        var (visit, refusal) = await access.Enter(http, id, technology, Permissions.AccessAssessments);
        return refusal ?? await visit.Act(async decision =>
            await grains.GetGrain<IAssessmentsGrain>(id).Get(decision, technology) is { } assessment
                ? Preconditions.Answer(http, assessment.Version, AssessmentJson.Of(assessment))
                : null);
    }

    private static async Task<IResult> Put(string id, string technology, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        var (visit, refusal) = await access.Enter(http, id, technology, Permissions.ManageAssessments);
        if (refusal is not null)
        {
            return refusal;
        }

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

        var grain = grains.GetGrain<IAssessmentsGrain>(id);
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

    private static async Task<IResult> Delete(string id, string technology, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        var (visit, refusal) = await access.Enter(http, id, technology, Permissions.ManageAssessments);
        if (refusal is not null)
        {
            return refusal;
        }

        var errors = new RequestErrors();
        var header = Preconditions.Read(http.Request, errors);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        var grain = grains.GetGrain<IAssessmentsGrain>(id);
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
