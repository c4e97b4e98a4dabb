using EngageCenter.Access;
using EngageCenter.Learning;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Learning;

/// <summary>What people learn in a workspace. All but the figures is the caller's own.</summary>
internal static class LearningEndpoints
{
    public static void MapLearning(this IEndpointRouteBuilder routes)
    {
        var learning = routes.MapGroup("/v1/workspaces/{id}/learning").WithTags("Learning").RequirePerson();
        learning.MapPut("/enrollments/{courseId}", Put)
            .Describe("PutEnrollment", "Starts a course or moves it on",
                "Progress never goes back: a report that is not greater than what is there changes nothing, so late and repeated reports do no harm. The course is kept as it was when it was started. AccessLearning.")
            .Takes<PutEnrollmentRequest>("""{ "progressPercent": 40 }""")
            .Conditional()
            .Answers<EnrollmentResponse>(200)
            .Answers<EnrollmentResponse>(201)
            .InWorkspace(Permissions.AccessLearning)
            .Refuses(Problems.CourseNotFound, Problems.TooManyEnrollments, Problems.TooManyProducts);
        learning.MapGet("/enrollments/{courseId}", Get)
            .Describe("GetEnrollment", "The caller's enrolment in a course", "AccessLearning.")
            .Versioned()
            .Answers<EnrollmentResponse>(200)
            .InWorkspace(Permissions.AccessLearning)
            .Refuses(Problems.InvalidRequest, Problems.EnrollmentNotFound);
        learning.MapGet("/transcript", Transcript)
            .Describe("ListTranscript", "The caller's enrolments", "By courseId. AccessLearning.")
            .Paged()
            .Answers<ListResponse<EnrollmentResponse>>(200)
            .InWorkspace(Permissions.AccessLearning)
            .Refuses(Problems.InvalidRequest);
        learning.MapGet("/consumption", Consumption)
            .Describe("GetLearningConsumption", "What was learned in the workspace",
                "Courses started and completed by everybody, by month (UTC) and product, of which there are at most 500, exact: equal to a recomputation from all enrolments. AccessLearning.")
            .Answers<ConsumptionResponse>(200)
            .InWorkspace(Permissions.AccessLearning);
    }

    private static async Task<IResult> Put(string id, string courseId, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        var visit = await access.Enter(http, id, Permissions.AccessLearning);
        if (visit.Refusal is not null)
        {
            return visit.Refusal;
        }

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

        var learning = grains.GetGrain<ILearningGrain>(id);
        return await visit.Act(async decision =>
        {
            var condition = header is null ? (Paging.IfMatch?)null
                : await header.Choose(async () => (await learning.Enrollment(decision, courseId))?.Enrollment?.Version);
            var outcome = await learning.Put(decision, new(courseId, percent!.Value, condition));
            return outcome.Status switch
            {
                PutEnrollmentStatus.Created => Answer(http, id, outcome.Enrollment!, created: true),
                PutEnrollmentStatus.Updated => Answer(http, id, outcome.Enrollment!, created: false),
                PutEnrollmentStatus.DecideAgain => null,
                PutEnrollmentStatus.VersionMismatch => Problems.PreconditionFailed.Answer(),
                PutEnrollmentStatus.CourseNotFound => Problems.CourseNotFound.Answer(),
                PutEnrollmentStatus.TooManyEnrollments => Problems.TooManyEnrollments.Answer(),
                PutEnrollmentStatus.TooManyProducts => Problems.TooManyProducts.Answer(),
                var unknown => throw new NotSupportedException($"No answer for {unknown}."),
            };
        });
    }

    private static async Task<IResult> Get(string id, string courseId, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        var visit = await access.Enter(http, id, Permissions.AccessLearning);
        if (visit.Refusal is not null)
        {
            return visit.Refusal;
        }

        var errors = new RequestErrors();
        errors.CheckId("courseId", courseId);
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await grains.GetGrain<ILearningGrain>(id).Enrollment(decision, courseId) switch
            {
                null => null,
                { Enrollment: { } enrollment } => Preconditions.Answer(http, enrollment.Version, EnrollmentResponse.Of(enrollment)),
                _ => Problems.EnrollmentNotFound.Answer(),
            });
    }

    private static async Task<IResult> Transcript(string id, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        var visit = await access.Enter(http, id, Permissions.AccessLearning);
        if (visit.Refusal is not null)
        {
            return visit.Refusal;
        }

        var errors = new RequestErrors();
        var page = new QueryFields(http.Request.Query, errors).Page();
        return errors.Any ? Problems.Invalid(errors) : await visit.Act(async decision =>
            await grains.GetGrain<ILearningGrain>(id).Transcript(decision, page) is { } transcript
                ? Lists.Answer(http.Request, transcript, EnrollmentResponse.Of)
                : null);
    }

    private static async Task<IResult> Consumption(string id, HttpContext http, WorkspaceAccess access, IGrainFactory grains)
    {
        var visit = await access.Enter(http, id, Permissions.AccessLearning);
        return visit.Refusal ?? await visit.Act(async decision =>
            await grains.GetGrain<ILearningGrain>(id).Consumption(decision) is { } consumption
                ? TypedResults.Ok(ConsumptionResponse.Of(id, consumption))
                : null);
    }

    private static IResult Answer(HttpContext http, string id, Enrollment enrollment, bool created) => Preconditions.AnswerPut(
        http, enrollment.Version, EnrollmentResponse.Of(enrollment),
        created ? $"/v1/workspaces/{id}/learning/enrollments/{enrollment.Course.CourseId}" : null);
}
