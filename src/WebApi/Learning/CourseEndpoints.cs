using EngageCenter.Access;
using EngageCenter.Learning;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Learning;

internal static class CourseEndpoints
{
    private const string AppRole = "Learning.ReadWrite.All";

    private const string Example = """
        { "title": "Azure networking in depth", "format": "Workshop", "product": "Azure", "language": "en", "durationMinutes": 480 }
        """;

    public static void MapCourses(this IEndpointRouteBuilder routes)
    {
        var courses = routes.MapGroup("/v1/learning/courses").WithTags("Learning");
        courses.MapGet("", List).RequirePermissionAnywhere(Permissions.AccessLearning)
            .Describe("ListCourses", "The catalogue of courses", "By courseId.")
            .Query("format", "Only courses of this format.", [.. WireNames.For<CourseFormat>().All])
            .Query("product", "Only courses about this product, by its whole name.")
            .Query("language", "Only courses in this language, by its whole BCP 47 tag in any case.")
            .Query("search", "Part of the id or title, case-insensitively.")
            .Paged()
            .Answers<ListResponse<CourseResponse>>(200)
            .Refuses(Problems.InvalidRequest);
        courses.MapGet("/{courseId}", Get).RequirePermissionAnywhere(Permissions.AccessLearning)
            .Describe("GetCourse", "A course")
            .Versioned()
            .Answers<CourseResponse>(200)
            .Refuses(Problems.InvalidRequest, Problems.CourseNotFound);
        courses.MapPut("/{courseId}", Put).RequireApplication(AppRole)
            .Describe("PutCourse", "Creates or replaces a course",
                "Who has started the course before keeps it as it was then. At most 10,000 courses, which are never removed.")
            .Takes<PutCourseRequest>(Example)
            .Conditional()
            .Answers<CourseResponse>(200)
            .Answers<CourseResponse>(201)
            .Refuses(Problems.TooManyCourses);
    }

    private static async Task<IResult> List(HttpContext http, IGrainFactory grains)
    {
        var errors = new RequestErrors();
        var query = CourseReader.ReadQuery(new(http.Request.Query, errors), errors);
        return errors.Any
            ? Problems.Invalid(errors)
            : Lists.Answer(http.Request, await Catalog(grains).List(query), CourseResponse.Of);
    }

    private static async Task<IResult> Get(string courseId, HttpContext http, IGrainFactory grains)
    {
        var errors = new RequestErrors();
        errors.CheckId("courseId", courseId);
        return errors.Any ? Problems.Invalid(errors)
            : await Catalog(grains).Get(courseId) is { } view ? Preconditions.Answer(http, view.Version, CourseResponse.Of(view.Course))
            : Problems.CourseNotFound.Answer();
    }

    private static async Task<IResult> Put(string courseId, HttpContext http, IGrainFactory grains)
    {
        var errors = new RequestErrors();
        errors.CheckId("courseId", courseId);
        var header = Preconditions.Read(http.Request, errors);
        var (body, refusal) = await JsonBody.Read(http.Request, errors);
        if (body is null)
        {
            return refusal!;
        }

        if (CourseReader.Read(courseId, body, errors) is not { } course)
        {
            return Problems.Invalid(errors);
        }

        var condition = header is null ? (Paging.IfMatch?)null : await header.Choose(async () => (await Catalog(grains).Get(courseId))?.Version);
        var outcome = await Catalog(grains).Put(new(course, condition));
        return outcome.Status switch
        {
            PutCourseStatus.Created => Answer(http, outcome.Course!, created: true),
            PutCourseStatus.Updated => Answer(http, outcome.Course!, created: false),
            PutCourseStatus.VersionMismatch => Problems.PreconditionFailed.Answer(),
            PutCourseStatus.TooManyCourses => Problems.TooManyCourses.Answer(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    }

    private static ICourseCatalogGrain Catalog(IGrainFactory grains) => grains.GetGrain<ICourseCatalogGrain>(ICourseCatalogGrain.Key);

    private static IResult Answer(HttpContext http, CourseView view, bool created) => Preconditions.AnswerPut(
        http, view.Version, CourseResponse.Of(view.Course), created ? $"/v1/learning/courses/{view.Course.CourseId}" : null);
}
