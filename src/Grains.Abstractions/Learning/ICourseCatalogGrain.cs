using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Learning;

/// <summary>The catalogue of courses, the same for everybody. One grain, keyed <see cref="Key"/>. Courses are never removed.</summary>
/// <remarks>
/// The catalogue belongs to no workspace and holds no customer's data, so the grain answers every reader. Whether a person
/// may read is decided before, by their user grain (<c>DecideAnywhere</c>). To change it, an application needs <see cref="AppRoles.Learning"/>.
/// </remarks>
[GrainInterfaceType("EngageCenter.ICourseCatalogGrain"), Alias("EngageCenter.ICourseCatalogGrain")]
public interface ICourseCatalogGrain : IGrainWithStringKey
{
    const string Key = "catalog";

    /// <summary>Creates or replaces a course. The same course again changes nothing.</summary>
    [Alias("Put")]
    Task<PutCourseOutcome> Put(PutCourse command, Actor caller);

    /// <summary>Returns a course, or null if there is none.</summary>
    [Alias("Get")]
    Task<CourseView?> Get(string courseId);

    /// <summary>Returns a page of courses, in the ordinal order of their ids.</summary>
    [Alias("List")]
    Task<Page<Course>> List(CourseQuery query, CancellationToken cancellation = default);
}

[GenerateSerializer, Immutable, Alias("EngageCenter.PutCourse")]
public sealed record PutCourse(
    [property: Id(0)] Course Course,
    [property: Id(1)] IfMatch? Condition);

public enum PutCourseStatus
{
    Created,

    /// <summary>Also if nothing had to change.</summary>
    Updated,
    VersionMismatch,

    /// <summary>There are <see cref="Course.MaxCount"/> courses already.</summary>
    TooManyCourses,
}

/// <param name="Course">The course as it is now; null if the command was refused.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PutCourseOutcome")]
public sealed record PutCourseOutcome(
    [property: Id(0)] PutCourseStatus Status,
    [property: Id(1)] CourseView? Course = null);

/// <summary>Selects the courses that match all conditions.</summary>
/// <param name="Product">The product's whole name.</param>
/// <param name="Language">The whole tag, case-insensitive.</param>
/// <param name="Search">Part of the id or title, case-insensitive.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.CourseQuery")]
public sealed record CourseQuery(
    [property: Id(0)] CourseFormat? Format,
    [property: Id(1)] string? Product,
    [property: Id(2)] string? Language,
    [property: Id(3)] string? Search,
    [property: Id(4)] PageRequest Page);
