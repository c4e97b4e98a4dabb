using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Learning;

/// <summary>The courses that there are, the same for everybody: one grain, keyed <see cref="Key"/>. Courses are never removed.</summary>
/// <remarks>
/// Who may read is decided by the reader's user grain (<c>DecideAnywhere</c>), since the catalogue is of no workspace; who
/// may change it by the application's app role, <see cref="AppRoles.Learning"/>. What it holds is no customer's, so it tells
/// whoever asks.
/// </remarks>
[GrainInterfaceType("EngageCenter.ICourseCatalogGrain"), Alias("EngageCenter.ICourseCatalogGrain")]
public interface ICourseCatalogGrain : IGrainWithStringKey
{
    const string Key = "catalog";

    /// <summary>Creates or replaces a course. The same course again changes nothing.</summary>
    [Alias("Put")]
    Task<PutCourseOutcome> Put(PutCourse command, Actor caller);

    /// <summary>Null where there is none.</summary>
    [Alias("Get")]
    Task<CourseView?> Get(string courseId);

    /// <summary>In the ordinal order of their ids.</summary>
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

    /// <summary>Also where nothing had to change.</summary>
    Updated,
    VersionMismatch,

    /// <summary>There are <see cref="Course.MaxCount"/> already.</summary>
    TooManyCourses,
}

/// <param name="Course">As it is now; null where the command was refused.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PutCourseOutcome")]
public sealed record PutCourseOutcome(
    [property: Id(0)] PutCourseStatus Status,
    [property: Id(1)] CourseView? Course = null);

/// <summary>Only those that all of it matches.</summary>
/// <param name="Product">The product's whole name.</param>
/// <param name="Language">The whole tag, in any case.</param>
/// <param name="Search">Part of the id or title, case-insensitively.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.CourseQuery")]
public sealed record CourseQuery(
    [property: Id(0)] CourseFormat? Format,
    [property: Id(1)] string? Product,
    [property: Id(2)] string? Language,
    [property: Id(3)] string? Search,
    [property: Id(4)] PageRequest Page);
