using EngageCenter.Access;
using EngageCenter.Learning;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Learning;

/// <summary>Maps the endpoints for learning in a workspace. All data except the consumption belongs to the caller.</summary>
internal static class LearningEndpoints
{
    public static void MapLearning(this IEndpointRouteBuilder routes)
    {
        var learning = routes.MapGroup("/v1/workspaces/{id}/learning").WithTags("Learning");
        learning.MapPut("/enrollments/{courseId}", Put).RequirePermission(Permissions.AccessLearning)
            .Describe("PutEnrollment", "Starts a course or reports progress",
                "Progress never decreases: a report that is not greater than the stored progress changes nothing, so late and repeated reports do no harm. The enrolment keeps the course as it was when it was started.")
            .Example("""{ "progressPercent": 40 }""")
            .Answers<EnrollmentResponse>(200)
            .Answers<EnrollmentResponse>(201)
            .Refuses(Problems.CourseNotFound, Problems.TooManyEnrollments, Problems.TooManyProducts);
        learning.MapGet("/enrollments/{courseId}", Get).RequirePermission(Permissions.AccessLearning)
            .Describe("GetEnrollment", "The caller's enrolment in a course")
            .Versioned()
            .Answers<EnrollmentResponse>(200)
            .Refuses(Problems.EnrollmentNotFound);
        learning.MapGet("/transcript", Transcript).RequirePermission(Permissions.AccessLearning)
            .Describe("ListTranscript", "The caller's enrolments", "Ordered by courseId.")
            .Answers<ListResponse<EnrollmentResponse>>(200);
        learning.MapGet("/consumption", Consumption).RequirePermission(Permissions.AccessLearning)
            .Describe("GetLearningConsumption", "The learning consumption of the workspace",
                "Courses started and completed by all people, by month (UTC) and by product, of at most 500 products. The figures are exact: equal to a recomputation from all enrolments.")
            .Answers<ConsumptionResponse>(200);
    }

    private static Task<IResult> Put(
        WorkspaceVisit visit, string courseId, PutEnrollmentRequest body, IfMatchHeader ifMatch, HttpContext http) => visit.Act(async decision =>
    {
        var learning = visit.Grain<ILearningGrain>();
        var condition = await ifMatch.Choose(async () => (await learning.Enrollment(decision, courseId))?.Enrollment?.Version);
        var outcome = await learning.Put(decision, new(courseId, body.ProgressPercent!.Value, condition));
        return outcome.Status switch
        {
            PutEnrollmentStatus.Created => Answer(http, visit.WorkspaceId, outcome.Enrollment!, created: true),
            PutEnrollmentStatus.Updated => Answer(http, visit.WorkspaceId, outcome.Enrollment!, created: false),
            PutEnrollmentStatus.DecideAgain => null,
            PutEnrollmentStatus.VersionMismatch => ifMatch.Refusal(),
            PutEnrollmentStatus.CourseNotFound => Problems.CourseNotFound.Answer(),
            PutEnrollmentStatus.TooManyEnrollments => Problems.TooManyEnrollments.Answer(),
            PutEnrollmentStatus.TooManyProducts => Problems.TooManyProducts.Answer(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    });

    private static Task<IResult> Get(WorkspaceVisit visit, string courseId, HttpContext http) => visit.Act(async decision =>
        await visit.Grain<ILearningGrain>().Enrollment(decision, courseId) switch
        {
            null => null,
            { Enrollment: { } enrollment } => Preconditions.Answer(http, enrollment.Version, EnrollmentResponse.Of(enrollment)),
            _ => Problems.EnrollmentNotFound.Answer(),
        });

    private static Task<IResult> Transcript(WorkspaceVisit visit, PageQuery query, HttpRequest request) => visit.Act(async decision =>
        await visit.Grain<ILearningGrain>().Transcript(decision, query.Page()) is { } transcript
            ? Lists.Answer(request, transcript, EnrollmentResponse.Of)
            : null);

    private static Task<IResult> Consumption(WorkspaceVisit visit) => visit.Act(async decision =>
        await visit.Grain<ILearningGrain>().Consumption(decision) is { } consumption
            ? TypedResults.Ok(ConsumptionResponse.Of(visit.WorkspaceId, consumption))
            : null);

    private static IResult Answer(HttpContext http, string id, Enrollment enrollment, bool created) => Preconditions.AnswerPut(
        http, enrollment.Version, EnrollmentResponse.Of(enrollment),
        created ? $"/v1/workspaces/{id}/learning/enrollments/{enrollment.Course.CourseId}" : null);
}
