using EngageCenter.Access;
using EngageCenter.Learning;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Learning;

internal static class CourseEndpoints
{
    private const string AppRole = AppRoles.Learning;

    private const string Example = """
        { "title": "Azure networking in depth", "format": "Workshop", "product": "Azure", "language": "en", "durationMinutes": 480 }
        """;

    public static void MapCourses(this IEndpointRouteBuilder routes)
    {
        var courses = routes.MapGroup("/v1/learning/courses").WithTags("Learning");
        courses.MapGet("", List).RequirePermissionAnywhere(Permissions.AccessLearning).Scans("format", "product", "language", "search")
            .Describe("ListCourses", "The course catalogue", "Ordered by courseId.")
            .Answers<ListResponse<CourseResponse>>(200);
        courses.MapGet("/{courseId}", Get).RequirePermissionAnywhere(Permissions.AccessLearning)
            .Describe("GetCourse", "A course")
            .Versioned()
            .Answers<CourseResponse>(200)
            .Refuses(Problems.CourseNotFound);
        courses.MapPut("/{courseId}", Put).RequireApplication(AppRole)
            .Describe("PutCourse", "Creates or replaces a course",
                "People who have already started the course keep it as it was then. The catalogue can hold at most 10,000 courses; courses are never removed.")
            .Example(Example)
            .Answers<CourseResponse>(200)
            .Answers<CourseResponse>(201)
            .Refuses(Problems.TooManyCourses);
    }

    private static async Task<IResult> List(CourseListQuery query, HttpRequest request, IGrainFactory grains) =>
        Lists.Answer(request, await Catalog(grains).List(query.ToQuery(), request.HttpContext.RequestAborted), CourseResponse.Of);

    private static async Task<IResult> Get(string courseId, HttpContext http, IGrainFactory grains) =>
        await Catalog(grains).Get(courseId) is { } view
            ? Preconditions.Answer(http, view.Version, CourseResponse.Of(view.Course))
            : Problems.CourseNotFound.Answer();

    private static async Task<IResult> Put(string courseId, PutCourseRequest body, IfMatchHeader ifMatch, HttpContext http, IGrainFactory grains)
    {
        var condition = await ifMatch.Choose(async () => (await Catalog(grains).Get(courseId))?.Version);
        var outcome = await Catalog(grains).Put(new(body.ToCourse(courseId), condition), http.Application());
        return outcome.Status switch
        {
            PutCourseStatus.Created => Answer(http, outcome.Course!, created: true),
            PutCourseStatus.Updated => Answer(http, outcome.Course!, created: false),
            PutCourseStatus.VersionMismatch => ifMatch.Refusal(),
            PutCourseStatus.TooManyCourses => Problems.TooManyCourses.Answer(),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    }

    private static ICourseCatalogGrain Catalog(IGrainFactory grains) => grains.GetGrain<ICourseCatalogGrain>(ICourseCatalogGrain.Key);

    private static IResult Answer(HttpContext http, CourseView view, bool created) => Preconditions.AnswerPut(
        http, view.Version, CourseResponse.Of(view.Course), created ? $"/v1/learning/courses/{view.Course.CourseId}" : null);
}
