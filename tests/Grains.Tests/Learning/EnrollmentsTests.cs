using System.Text.Json;
using CsCheck;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Users;
using Microsoft.Extensions.Logging.Abstractions;
using static EngageCenter.Learning.Courses;

namespace EngageCenter.Learning;

/// <summary>For any order and repetition of reports, and any end of the activation, progress is the greatest reported and figures are exact.</summary>
public class EnrollmentsTests
{
    private static readonly PersonId[] people = [.. Enumerable.Range(1, 4).Select(n => new PersonId(Guid.Parse($"00000000-0000-4000-8000-00000000000{n % 2}"), Guid.Parse($"00000000-0000-4000-8000-0000000001{n:00}")))];

    /// <summary>An event: a report, a change of a course in the catalogue, or the end of an activation.</summary>
    /// <param name="Minutes">By how much the clock moves before it; negative to move it back.</param>
    private sealed record Step(int Kind, int Person, int Course, int Percent, int Minutes);

    private static readonly Gen<Step> Steps =
        from kind in Gen.Frequency((12, Gen.Const(0)), (2, Gen.Const(1)), (1, Gen.Const(2)))
        from person in Gen.Int[0, people.Length - 1]
        from course in Gen.Int[0, 5]
        from percent in Gen.Frequency((2, Gen.Int[0, 100]), (1, Gen.OneOf(0, 100, 99)))
        from minutes in Gen.Frequency((3, Gen.Int[0, 120]), (1, Gen.Int[-40_000, -1]), (1, Gen.Int[1, 90_000]))
        select new Step(kind, person, course, percent, minutes);

    [Fact]
    public async Task Figures_equal_a_recomputation_after_every_step() => await Steps.Array[0, 60].SampleAsync(async steps =>
    {
        var model = new Model();
        var log = await Journal.Open(new());
        var now = Start;
        foreach (var step in steps)
        {
            now = now.AddMinutes(step.Minutes);
            switch (step.Kind)
            {
                case 0:
                    var outcome = log.Report(people[step.Person], step.Course, step.Percent, model.Catalog[step.Course], now);
                    Assert.Equal(model.Report(step.Person, step.Course, step.Percent, now), outcome);
                    break;
                case 1:
                    model.Catalog[step.Course] = NewCourse($"course-{step.Course}", $"Title {step.Percent}", product: $"Product {step.Percent % 4}");
                    break;
                default:
                    log = await Journal.Open(log.Store);
                    break;
            }

            model.IsShownBy(log.Enrollments, now);
        }

        model.IsShownBy((await Journal.Open(log.Store)).Enrollments, now);
    }, iter: 300);

    // Rows of an earlier release have names as they came, in any Unicode form.
    [Fact]
    public void Product_stored_in_two_Unicode_forms_is_counted_as_one()
    {
        var composed = StoredCourse.From(NewCourse("composed", product: "Caf\u00E9"), 1);
        var row = JsonSerializer.Serialize(composed).Replace("\\u00E9", "e\u0301", StringComparison.Ordinal);
        Assert.Contains("e\u0301", row, StringComparison.Ordinal);
        var decomposed = JsonSerializer.Deserialize<StoredCourse>(row)! with { CourseId = "decomposed" };

        var enrollments = new Enrollments();
        enrollments.Apply(new[] { composed, decomposed }.Select(course => enrollments.Share(StoredEnrollment.Start(people[0], course, 0, Start))));
        var catalog = new CourseCatalog();
        catalog.Apply([composed, decomposed]);

        Assert.Equal("Caf\u00E9", Assert.Single(enrollments.Consumption(Start).ByProduct).Product);
        Assert.Equal(2, catalog.Page(new(null, "Caf\u00E9", null, null, new(10, null))).Items.Length);
    }

    [Fact]
    public async Task Progress_does_not_depend_on_order_or_repetition() =>
        await Gen.Select(Steps.Where(s => s.Kind == 0).Array[1, 60], Gen.Int).SampleAsync(async (steps, seed) =>
        {
            var random = new Random(seed);
            var replayed = steps.Concat(steps.Where(_ => random.Next(3) == 0)).OrderBy(_ => random.Next()).ToArray();
            var (one, other) = (await Journal.Open(new()), await Journal.Open(new()));
            var catalog = new Model().Catalog;
            foreach (var (log, some) in new[] { (one, steps), (other, replayed) })
            {
                foreach (var step in some)
                {
                    log.Report(people[step.Person], step.Course, step.Percent, catalog[step.Course], Start);
                }
            }

            foreach (var (n, person) in people.Index())
            {
                var transcript = one.Enrollments.Transcript(person, new(PageRequest.MaxSize, null)).Items;
                Assert.Equal(
                    steps.Where(s => s.Person == n).GroupBy(s => s.Course).OrderBy(g => g.Key).Select(g => g.Max(s => s.Percent)),
                    transcript.Select(e => e.ProgressPercent));
                Assert.All(transcript, e => Assert.Equal(e.ProgressPercent == 100, e.CompletedAt is not null));
                Assert.Equal(
                    transcript.Select(e => e with { Version = 0 }),
                    other.Enrollments.Transcript(person, new(PageRequest.MaxSize, null)).Items.Select(e => e with { Version = 0 }));
            }

            Same(one.Enrollments.Consumption(Start), other.Enrollments.Consumption(Start));
        }, iter: 500);

    [Fact]
    public async Task Months_without_events_are_listed_and_products_are_ordered_by_starts()
    {
        var log = await Journal.Open(new());
        log.Report(people[0], 1, 10, NewCourse("course-1", product: "b"), Start);
        log.Report(people[0], 2, 100, NewCourse("course-2", product: "a"), Start.AddHours(1));
        log.Report(people[1], 3, 0, NewCourse("course-3", product: "B"), Start.AddHours(1));
        log.Report(people[1], 4, 0, NewCourse("course-4", product: "c"), Start.AddHours(1));
        log.Report(people[2], 4, 0, NewCourse("course-4", product: "c"), Start.AddHours(1));
        log.Report(people[0], 1, 100, null, Start.AddMonths(2));

        Same(
            new(Start, new(5, 2),
                [
                    new(new(2026, 1, 1), new(1, 0), [new("b", new(1, 0))]),
                    new(new(2026, 2, 1), new(4, 1), [new("c", new(2, 0)), new("B", new(1, 0)), new("a", new(1, 1))]),
                    new(new(2026, 3, 1), new(0, 1), [new("b", new(0, 1))]),
                ],
                [new("c", new(2, 0)), new("B", new(1, 0)), new("a", new(1, 1)), new("b", new(1, 1))]),
            log.Enrollments.Consumption(Start));
    }

    [Fact]
    public async Task No_months_without_enrolments()
    {
        var enrollments = (await Journal.Open(new())).Enrollments;
        Same(new(Start, default, [], []), enrollments.Consumption(Start));
        Assert.Equal(new(0, 0), enrollments.Summary(people[0]));
        Assert.Null(enrollments.Find(people[0], "course-1"));
        Assert.Equal(0, enrollments.Transcript(people[0], new(1, null)).TotalCount);
    }

    [Fact]
    public void Completion_is_never_before_the_start_if_the_clock_goes_back()
    {
        var started = StoredEnrollment.Start(people[0], StoredCourse.From(NewCourse("a"), 1), 10, Start);
        var moved = started.MoveOn(50, Start.AddDays(2));
        var completed = moved.MoveOn(100, Start.AddDays(-1));

        Assert.Equal((Start, Start.AddDays(2)), (moved.View().StartedAt, moved.View().UpdatedAt));
        Assert.Equal((Start, Start, Start.AddDays(2)), (completed.View().StartedAt, completed.View().CompletedAt, completed.View().UpdatedAt));
        Assert.Same(completed, completed.MoveOn(100, Start.AddDays(9)));
        Assert.Same(completed, completed.MoveOn(0, Start.AddDays(9)));
    }

    [Fact]
    public void Refusals_have_a_fixed_order()
    {
        var course = new CourseView(NewCourse("a"), 1);
        var current = StoredEnrollment.Start(people[0], StoredCourse.From(course.Course, 1), 10, Start);
        const int full = Enrollment.MaxPerWorkspace;

        Assert.Equal(PutEnrollmentStatus.VersionMismatch, Decide(null, new(null), null, full));
        Assert.Equal(PutEnrollmentStatus.VersionMismatch, Decide(current, new(7), null, full));
        Assert.Equal(PutEnrollmentStatus.Updated, Decide(current, new(1), null, full));
        Assert.Equal(PutEnrollmentStatus.Updated, Decide(current, new(null), null, full));
        Assert.Equal(PutEnrollmentStatus.CourseNotFound, Decide(null, null, null, full));
        Assert.Equal(PutEnrollmentStatus.TooManyEnrollments, Decide(null, null, course, full));
        Assert.Equal(PutEnrollmentStatus.Created, Decide(null, null, course, full - 1));
        Assert.Equal(PutEnrollmentStatus.Updated, Decide(current, null, null, full));

        static PutEnrollmentStatus Decide(StoredEnrollment? current, IfMatch? condition, CourseView? course, int count) =>
            new Enrollments().Decide(current, people[0], new("a", 20, condition), course, count, Start).Status;
    }

    [Fact]
    public async Task Workspace_at_the_limit_of_products_starts_only_courses_about_its_own()
    {
        var log = await Journal.Open(new());
        for (var n = 0; n < Consumption.MaxProducts; n++)
        {
            Assert.Equal(PutEnrollmentStatus.Created, Decide(NewCourse("another", product: $"product {n}")));
            log.Report(people[0], n, 1, NewCourse($"course-{n}", product: $"product {n}"), Start);
        }

        IsFull();
        log = await Journal.Open(log.Store);
        IsFull();

        void IsFull()
        {
            Assert.Equal(PutEnrollmentStatus.TooManyProducts, Decide(NewCourse("another", product: "PRODUCT 0")));
            Assert.Equal(PutEnrollmentStatus.Created, Decide(NewCourse("another", product: "product 0")));
            Assert.Equal(Consumption.MaxProducts, log.Enrollments.Consumption(Start).ByProduct.Length);
        }

        PutEnrollmentStatus Decide(Course course) =>
            log.Enrollments.Decide(null, people[1], new(course.CourseId, 1, null), new(course, 1), 0, Start).Status;
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(101)]
    public void Progress_that_is_not_a_percentage_throws(int percent) => Assert.Throws<ArgumentOutOfRangeException>(() =>
        new Enrollments().Decide(null, people[0], new("a", percent, null), new(NewCourse("a"), 1), 0, Start));

    [Fact]
    public async Task Shared_course_is_in_memory_once()
    {
        var log = await Journal.Open(new());
        foreach (var person in people)
        {
            log.Report(person, 1, 10, NewCourse("course-1"), Start);
        }

        log = await Journal.Open(log.Store);
        Assert.Single(log.Log.Entries.Select(e => e.Course).Distinct(ReferenceEqualityComparer.Instance));
    }

    private static void Same(Consumption expected, Consumption actual)
    {
        Assert.Equal(expected.GeneratedAt, actual.GeneratedAt);
        Assert.Equal(expected.Totals, actual.Totals);
        Assert.Equal(expected.ByMonth.Select(m => (m.Month, m.Counts)), actual.ByMonth.Select(m => (m.Month, m.Counts)));
        Assert.Equal(expected.ByMonth.SelectMany(m => m.ByProduct), actual.ByMonth.SelectMany(m => m.ByProduct));
        Assert.Equal(expected.ByProduct.AsEnumerable(), actual.ByProduct);
    }

    /// <summary>Does with its log what the grain does, without a cluster.</summary>
    private sealed class Journal
    {
        private BatchedLog<StoredEnrollment> batches = null!;

        public Enrollments Enrollments { get; } = new();

        public RowStore Store { get; private init; } = null!;

        public SegmentedLog<StoredEnrollment> Log { get; private set; } = null!;

        public static async Task<Journal> Open(RowStore store)
        {
            var journal = new Journal { Store = store };
            journal.Log = new(store, GrainId.Create("learning", "one"), "enrollments", () => { }, RowStore.Refused, NullLogger.Instance);
            journal.batches = new(journal.Log, 10, 10, journal.Enrollments.Apply, () => { });
            await journal.Log.Load(journal.Enrollments.Share);
            journal.Enrollments.Apply(journal.Log.Entries);
            return journal;
        }

        public Enrollment Report(PersonId person, int course, int percent, Course? inCatalog, DateTimeOffset now)
        {
            var id = $"course-{course}";
            var current = batches.Accepted(StoredEnrollment.KeyOf(person.ToString(), id));
            var (_, next) = Enrollments.Decide(
                current, person, new(id, percent, null), current is null ? new(inCatalog!, 1) : null, Log.Count, now);
            Assert.True(batches.Store(Enrollments.Share(next!)).IsCompletedSuccessfully);
            return next!.View();
        }
    }

    /// <summary>The expected state, computed in the simplest way.</summary>
    private sealed class Model
    {
        private readonly Dictionary<(int Person, int Course), Enrollment> all = [];

        public Course[] Catalog { get; } = [.. Enumerable.Range(0, 6).Select(n => NewCourse($"course-{n}", product: $"Product {n % 4}"))];

        public Enrollment Report(int person, int course, int percent, DateTimeOffset now)
        {
            var before = all.GetValueOrDefault((person, course));
            if (before is null)
            {
                return all[(person, course)] = new(Catalog[course], percent, now, percent == 100 ? now : null, now, 1);
            }

            if (percent <= before.ProgressPercent)
            {
                return before;
            }

            return all[(person, course)] = before with
            {
                ProgressPercent = percent,
                CompletedAt = percent < 100 ? null : now < before.StartedAt ? before.StartedAt : now,
                UpdatedAt = now < before.UpdatedAt ? before.UpdatedAt : now,
                Version = before.Version + 1,
            };
        }

        public void IsShownBy(Enrollments enrollments, DateTimeOffset now)
        {
            foreach (var (n, person) in people.Index())
            {
                var expected = all.Where(e => e.Key.Person == n).OrderBy(e => e.Key.Course).Select(e => e.Value).ToList();
                Assert.Equal(expected, enrollments.Transcript(person, new(PageRequest.MaxSize, null)).Items);
                var completed = expected.Count(e => e.CompletedAt is not null);
                Assert.Equal(new(expected.Count - completed, completed), enrollments.Summary(person));
                Assert.All(expected, e => Assert.Equal(e, enrollments.Find(person, e.Course.CourseId)));
            }

            Same(Recomputed(now), enrollments.Consumption(now));
        }

        private Consumption Recomputed(DateTimeOffset now)
        {
            var started = all.Values.Select(e => (At: e.StartedAt, e.Course.Product, Started: 1, Completed: 0));
            var completed = all.Values.Where(e => e.CompletedAt is not null).Select(e => (At: e.CompletedAt!.Value, e.Course.Product, Started: 0, Completed: 1));
            var events = started.Concat(completed).ToList();
            List<MonthConsumption> months = [];
            if (events.Count > 0)
            {
                var last = MonthOf(events.Max(e => e.At));
                for (var month = MonthOf(events.Min(e => e.At)); month <= last; month = month.AddMonths(1))
                {
                    var of = events.Where(e => MonthOf(e.At) == month).ToList();
                    months.Add(new(month, new(of.Sum(e => e.Started), of.Sum(e => e.Completed)), [.. ByProduct(of)]));
                }
            }

            return new(now, new(all.Count, all.Values.Count(e => e.CompletedAt is not null)), [.. months], [.. ByProduct(events)]);
        }

        private static IEnumerable<ProductConsumption> ByProduct(List<(DateTimeOffset At, string Product, int Started, int Completed)> events) =>
            from e in events
            group e by e.Product into of
            orderby -of.Sum(e => e.Started), of.Key
            select new ProductConsumption(of.Key, new(of.Sum(e => e.Started), of.Sum(e => e.Completed)));

        private static DateOnly MonthOf(DateTimeOffset instant) => new(instant.UtcDateTime.Year, instant.UtcDateTime.Month, 1);
    }
}
