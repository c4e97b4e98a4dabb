using CsCheck;
using EngageCenter.Paging;
using static EngageCenter.Learning.Courses;

namespace EngageCenter.Learning;

public class CourseCatalogTests
{
    private static readonly CourseQuery All = new(null, null, null, null, new(PageRequest.MaxSize, null));

    private static readonly Gen<Course> Any =
        from id in Gen.Int[0, 80]
        from title in Gen.OneOf("Networking", "networking in depth", "Änderungen", "x")
        from format in Gen.Enum<CourseFormat>()
        from product in Gen.OneOf("Azure", "azure", "Windows")
        from language in Gen.OneOf("en", "pt-BR", "de")
        select NewCourse($"{(id % 2 == 0 ? "C" : "c")}-{id}", title, format, product, language, id + 1);

    private static readonly Gen<CourseQuery> Queries =
        from format in Maybe(Gen.Enum<CourseFormat>().Select(f => (CourseFormat?)f))
        from product in Maybe(Gen.OneOf("Azure", "Windows", "none").Select(t => (string?)t))
        from language in Maybe(Gen.OneOf("en", "EN", "PT-br", "pt").Select(t => (string?)t))
        from search in Maybe(Gen.OneOf("NETWORK", "c-1", "änd", "nothing").Select(t => (string?)t))
        select new CourseQuery(format, product, language, search, new(PageRequest.MaxSize, null));

    [Fact]
    public void Pages_have_every_matching_course_once_by_id() =>
        Gen.Select(Any.Array[0, 100], Queries, Gen.Int[1, 20]).Sample((courses, query, size) =>
        {
            var catalog = Applied(courses);
            var expected = courses.GroupBy(c => c.CourseId).Select(g => g.Last())
                .Where(c => (query.Format is null || c.Format == query.Format)
                    && (query.Product is null || c.Product == query.Product)
                    && (query.Language is null || string.Equals(c.Language, query.Language, StringComparison.OrdinalIgnoreCase))
                    && (query.Search is null || $"{c.CourseId}\n{c.Title}".Contains(query.Search, StringComparison.OrdinalIgnoreCase)))
                .OrderBy(c => c.CourseId, StringComparer.Ordinal)
                .ToList();

            List<Course> met = [];
            for (string? next = null; ;)
            {
                var page = catalog.Page(query with { Page = new(size, next) });
                Assert.Equal(expected.Count, page.TotalCount);
                Assert.InRange(page.Items.Length, 0, size);
                met.AddRange(page.Items);
                if ((next = page.Next) is null)
                {
                    break;
                }

                Assert.Equal(size, page.Items.Length);
            }

            Assert.Equal(expected, met);
        }, iter: 2_000);

    [Fact]
    public void Next_page_continues_from_its_place_after_additions()
    {
        var catalog = Applied([NewCourse("b"), NewCourse("d"), NewCourse("f")]);
        var first = catalog.Page(All with { Page = new(2, null) });

        catalog.Apply(new[] { "a", "c", "e", "d" }.Select(id => StoredCourse.From(NewCourse(id, title: "new"), 2)));

        Assert.Equal(["e", "f"], catalog.Page(All with { Page = new(2, first.Next) }).Items.Select(c => c.CourseId));
    }

    [Theory]
    [InlineData("")]
    [InlineData("b")]
    [InlineData("courses")]
    [InlineData("courses/")]
    [InlineData("courses/a")]
    [InlineData("courses/B")]
    [InlineData("courses/b1")]
    [InlineData("transcript/b")]
    public void Unknown_cursor_is_refused(string cursor) =>
        Assert.Throws<InvalidCursorException>(() => Applied([NewCourse("b")]).Page(All with { Page = new(1, cursor) }));

    [Fact]
    public void A_new_course_is_created_and_the_same_again_changes_nothing()
    {
        var (created, first) = CourseCatalog.Decide(null, new(NewCourse("a"), null), 0);
        var (again, same) = CourseCatalog.Decide(first, new(NewCourse("a"), null), 1);
        var (updated, next) = CourseCatalog.Decide(first, new(NewCourse("a", minutes: 91), null), 1);

        Assert.Equal((PutCourseStatus.Created, PutCourseStatus.Updated, PutCourseStatus.Updated), (created, again, updated));
        Assert.Equal(1, first!.Version);
        Assert.Same(first, same);
        Assert.Equal((2L, 91), (next!.Version, next.DurationMinutes));
        Assert.True(next.Supersedes(first));
    }

    [Fact]
    public void Condition_needs_its_version_and_an_existing_course()
    {
        var current = StoredCourse.From(NewCourse("a"), 3);
        Assert.Equal(PutCourseStatus.Updated, Put(current, new(3)));
        Assert.Equal(PutCourseStatus.Updated, Put(current, new(null)));
        Assert.Equal(PutCourseStatus.VersionMismatch, Put(current, new(2)));
        Assert.Equal(PutCourseStatus.VersionMismatch, Put(null, new(null)));
        Assert.Equal(PutCourseStatus.VersionMismatch, Put(null, new(0)));

        static PutCourseStatus Put(StoredCourse? current, IfMatch condition) =>
            CourseCatalog.Decide(current, new(NewCourse("a", minutes: 1), condition), 1).Status;
    }

    [Fact]
    public void Full_catalogue_takes_nothing_new_but_still_updates_its_own()
    {
        const int full = EngageCenter.Learning.Course.MaxCount;
        Assert.Equal((PutCourseStatus.TooManyCourses, null), CourseCatalog.Decide(null, new(NewCourse("new"), null), full));
        Assert.Equal(PutCourseStatus.Created, CourseCatalog.Decide(null, new(NewCourse("new"), null), full - 1).Status);
        Assert.Equal(PutCourseStatus.Updated, CourseCatalog.Decide(StoredCourse.From(NewCourse("old"), 1), new(NewCourse("old", minutes: 1), null), full).Status);
    }

    [Fact]
    public void Value_outside_of_the_limits_throws()
    {
        Course[] faults =
        [
            NewCourse(""), NewCourse(new('x', 65)), NewCourse("a", title: ""), NewCourse("a", title: new('x', 1_001)), NewCourse("a", product: ""),
            NewCourse("a", product: new('x', 201)), NewCourse("a", language: ""), NewCourse("a", language: new('x', 36)),
            NewCourse("a", minutes: 0), NewCourse("a", minutes: 100_001), NewCourse("a", format: (CourseFormat)4),
        ];
        Assert.All(faults, fault => Assert.Throws<ArgumentException>(() => CourseCatalog.Decide(null, new(fault, null), 0)));

        // Code points beyond the first plane take two characters each.
        var longest = NewCourse(new('x', 64), string.Concat(Enumerable.Repeat("😀", 500)), product: string.Concat(Enumerable.Repeat("😀", 100)), minutes: 100_000);
        Assert.Equal(longest, CourseCatalog.Decide(null, new(longest, null), 0).Next!.ToCourse());
    }

    // Mostly null, so that most queries match something.
    private static Gen<T?> Maybe<T>(Gen<T?> gen) => Gen.Frequency((3, Gen.Const(default(T?))), (1, gen));

    private static CourseCatalog Applied(IEnumerable<Course> courses)
    {
        var catalog = new CourseCatalog();
        catalog.Apply(courses.Select((c, n) => StoredCourse.From(c, n + 1)));
        return catalog;
    }
}
