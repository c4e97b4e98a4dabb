using EngageCenter.Access;
using EngageCenter.Learning;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Learning;

/// <summary>What people learn in a workspace. All but the figures is the caller's own.</summary>
internal static class LearningEndpoints
{
    public static void MapLearning(this IEndpointRouteBuilder routes)
    {
        var learning = routes.MapGroup("/v1/workspaces/{id}/learning").WithTags("Learning");
        learning.MapPut("/enrollments/{courseId}", Put).RequirePermission(Permissions.AccessLearning)
            .Describe("PutEnrollment", "Starts a course or moves it on",
                "Progress never goes back: a report that is not greater than what is there changes nothing, so late and repeated reports do no harm. The course is kept as it was when it was started.")
            .Takes<PutEnrollmentRequest>("""{ "progressPercent": 40 }""")
            .Conditional()
            .Answers<EnrollmentResponse>(200)
            .Answers<EnrollmentResponse>(201)
            .Refuses(Problems.CourseNotFound, Problems.TooManyEnrollments, Problems.TooManyProducts);
        learning.MapGet("/enrollments/{courseId}", Get).RequirePermission(Permissions.AccessLearning)
            .Describe("GetEnrollment", "The caller's enrolment in a course")
            .Versioned()
            .Answers<EnrollmentResponse>(200)
            .Refuses(Problems.InvalidRequest, Problems.EnrollmentNotFound);
        learning.MapGet("/transcript", Transcript).RequirePermission(Permissions.AccessLearning)
            .Describe("ListTranscript", "The caller's enrolments", "By courseId.")
            .Paged()
            .Answers<ListResponse<EnrollmentResponse>>(200)
            .Refuses(Problems.InvalidRequest);
        learning.MapGet("/consumption", Consumption).RequirePermission(Permissions.AccessLearning)
            .Describe("GetLearningConsumption", "What was learned in the workspace",
                "Courses started and completed by everybody, by month (UTC) and product, of which there are at most 500, exact: equal to a recomputation from all enrolments.")
            .Answers<ConsumptionResponse>(200);
    }

    private static async Task<IResult> Put(WorkspaceVisit visit, string courseId, HttpContext http)
    {
        var errors = new RequestErrors();
        errors.CheckId("courseId", courseId);
        var header = Preconditions.Read(http.Request, errors);
        var (body, refusal) = await JsonBody.Read(http.Request, errors);
        if (body is null)
        {
            return refusal!;
        }

        var percent = body.RequiredWhole("progressPercent", 0, 100);
        if (errors.Any)
        {
            return Problems.Invalid(errors);
        }

        var learning = visit.Grain<ILearningGrain>();
        return await visit.Act(async decision =>
        {
            var condition = header is null ? (Paging.IfMatch?)null
                : await header.Choose(async () => (await learning.Enrollment(decision, courseId))?.Enrollment?.Version);
            var outcome = await learning.Put(decision, new(courseId, percent!.Value, condition));
            return outcome.Status switch
            {
                PutEnrollmentStatus.Created => Answer(http, visit.WorkspaceId, outcome.Enrollment!, created: true),
                PutEnrollmentStatus.Updated => Answer(http, visit.WorkspaceId, outcome.Enrollment!, created: false),
                PutEnrollmentStatus.DecideAgain => null,
                PutEnrollmentStatus.VersionMismatch => Problems.PreconditionFailed.Answer(),
                PutEnrollmentStatus.CourseNotFound => Problems.CourseNotFound.Answer(),
                PutEnrollmentStatus.TooManyEnrollments => Problems.TooManyEnrollments.Answer(),
                PutEnrollmentStatus.TooManyProducts => Problems.TooManyProducts.Answer(),
                var unknown => throw new NotSupportedException($"No answer for {unknown}."),
            };
        });
    }

    private static async Task<IResult> Get(WorkspaceVisit visit, string courseId, HttpContext http)
    {
        var errors = new RequestErrors();
        errors.CheckId("courseId", courseId);
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await visit.Grain<ILearningGrain>().Enrollment(decision, courseId) switch
            {
                null => null,
                { Enrollment: { } enrollment } => Preconditions.Answer(http, enrollment.Version, EnrollmentResponse.Of(enrollment)),
                _ => Problems.EnrollmentNotFound.Answer(),
            });
    }

    private static async Task<IResult> Transcript(WorkspaceVisit visit, HttpContext http)
    {
        var errors = new RequestErrors();
        var page = new QueryFields(http.Request.Query, errors).Page();
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await visit.Grain<ILearningGrain>().Transcript(decision, page) is { } transcript
                ? Lists.Answer(http.Request, transcript, EnrollmentResponse.Of)
                : null);
    }

    private static async Task<IResult> Consumption(WorkspaceVisit visit)
    {
        return visit.Refusal ?? await visit.Act(async decision =>
            await visit.Grain<ILearningGrain>().Consumption(decision) is { } consumption
                ? TypedResults.Ok(ConsumptionResponse.Of(visit.WorkspaceId, consumption))
                : null);
    }

    private static IResult Answer(HttpContext http, string id, Enrollment enrollment, bool created) => Preconditions.AnswerPut(
        http, enrollment.Version, EnrollmentResponse.Of(enrollment),
        created ? $"/v1/workspaces/{id}/learning/enrollments/{enrollment.Course.CourseId}" : null);
}
