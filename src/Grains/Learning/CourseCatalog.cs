using EngageCenter.Paging;

namespace EngageCenter.Learning;

/// <summary>The courses, by id. In memory only.</summary>
internal sealed class CourseCatalog
{
    private readonly OrderedList<StoredCourse> courses = new("courses", c => c.CourseId, c => Weight.Of(c.Title, c.Product));

    /// <summary>Decides on a command. Changes nothing.</summary>
    /// <param name="current">The course before the command; null if there is none.</param>
    /// <param name="count">How many courses there are.</param>
    /// <returns>The course after the command; null if the command is refused.</returns>
    /// <exception cref="ArgumentException">A field is not within its limits.</exception>
    public static (PutCourseStatus Status, StoredCourse? Next) Decide(StoredCourse? current, PutCourse command, int count)
    {
        Check(command.Course);
        var next = StoredCourse.From(command.Course, (current?.Version ?? 0) + 1);
        return command.Condition is { } condition && !condition.Allows(current?.Version) ? (PutCourseStatus.VersionMismatch, null)
            : current is not null ? (PutCourseStatus.Updated, next.ToCourse() == current.ToCourse() ? current : next)
            : count >= Course.MaxCount ? (PutCourseStatus.TooManyCourses, null)
            : (PutCourseStatus.Created, next);
    }

    /// <summary>Takes over stored courses.</summary>
    public void Apply(IEnumerable<StoredCourse> stored)
    {
        foreach (var course in stored)
        {
            courses.Put(course);
        }
    }

    public CourseView? Find(string courseId) => courses.Find(courseId)?.View();

    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    public Page<Course> Page(CourseQuery query)
    {
        Check(query);
        return courses.Page(query.Page, FilterOf(query)).Select(c => c.ToCourse());
    }

    /// <summary>Returns a function for a <see cref="Page"/> of the courses as they are now. Any thread may call it later.</summary>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    public Func<Page<Course>> Scan(CourseQuery query, CancellationToken cancellation)
    {
        Check(query);
        var scan = courses.Scan(query.Page, FilterOf(query), count: true, cancellation);
        return () => scan().Select(c => c.ToCourse());
    }

    /// <summary>Whether every course matches, so that no scan is needed.</summary>
    public static bool IsOpen(CourseQuery query) => query is { Format: null, Product: null, Language: null, Search: null };

    private static void Check(Course course)
    {
        Bounds.Id(course.CourseId);
        Bounds.Text(course.Title, Course.MaxTitleLength);
        Bounds.Text(course.Product, Course.MaxProductLength);
        Bounds.Require(
            course.Language is { Length: <= Course.MaxLanguageLength } && course.Language.Split('-').All(part => part.Length > 0 && part.All(char.IsAsciiLetterOrDigit)),
            "A language is a BCP 47 tag.");
    }

    private static void Check(CourseQuery query)
    {
        Bounds.Page(query.Page);
        Bounds.Query(query.Product);
        Bounds.Query(query.Search);
    }

    private static Func<StoredCourse, bool>? FilterOf(CourseQuery query)
    {
        if (IsOpen(query))
        {
            return null;
        }

        var search = SearchTerm.Of(query.Search);
        return course =>
            (query.Format is null || course.Format == query.Format)
            && (query.Product is null || course.Product == query.Product)
            && (query.Language is null || course.Language.Equals(query.Language, StringComparison.OrdinalIgnoreCase))
            && (search is null || search.IsIn(course.CourseId) || search.IsIn(course.Title));
    }
}
