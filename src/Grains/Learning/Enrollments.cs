using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Learning;

/// <summary>The enrolments of a workspace, by person and course, and the figures computed from them. In memory only.</summary>
internal sealed class Enrollments
{
    private readonly Dictionary<string, Learner> learners = new(StringComparer.Ordinal);
    private readonly HashSet<StoredCourse> courses = [];
    private readonly HashSet<string> products = new(StringComparer.Ordinal);
    private readonly StringPool people = new();
    private readonly ConsumptionFigures figures = new();

    /// <summary>Decides on a command. Changes nothing.</summary>
    /// <param name="current">The enrolment before the command; null if there is none.</param>
    /// <param name="course">The course in the catalogue; not needed if there is an enrolment.</param>
    /// <param name="count">How many enrolments there are.</param>
    /// <returns>The enrolment after the command; null if the command is refused.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The progress is not a percentage; the caller should have checked it.</exception>
    public (PutEnrollmentStatus Status, StoredEnrollment? Next) Decide(
        StoredEnrollment? current, PersonId person, PutEnrollment command, CourseView? course, int count, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(command.ProgressPercent, nameof(command));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(command.ProgressPercent, 100, nameof(command));
        return command.Condition is { } condition && !condition.Allows(current?.Version) ? (PutEnrollmentStatus.VersionMismatch, null)
            : current is not null ? (PutEnrollmentStatus.Updated, current.MoveOn(command.ProgressPercent, now))
            : course is null ? (PutEnrollmentStatus.CourseNotFound, null)
            : count >= Enrollment.MaxPerWorkspace ? (PutEnrollmentStatus.TooManyEnrollments, null)
            : products.Count >= Learning.Consumption.MaxProducts && !products.Contains(course.Course.Product) ? (PutEnrollmentStatus.TooManyProducts, null)
            : (PutEnrollmentStatus.Created, StoredEnrollment.Start(
                person, StoredCourse.From(course.Course, course.Version), command.ProgressPercent, now));
    }

    /// <summary>Returns the enrolment with a course and a person's key that enrolments share. Its product counts as one of the workspace's from now on.</summary>
    public StoredEnrollment Share(StoredEnrollment one)
    {
        courses.Add(one.Course);
        courses.TryGetValue(one.Course, out var course);
        products.Add(course!.Product);
        return one with { Person = people.Share(one.Person), Course = course };
    }

    /// <summary>Takes over stored enrolments and counts them, in one turn, so that no query comes in between.</summary>
    public void Apply(IEnumerable<StoredEnrollment> stored)
    {
        foreach (var enrollment in stored)
        {
            if (!learners.TryGetValue(enrollment.Person, out var learner))
            {
                learners.Add(enrollment.Person, learner = new());
            }

            figures.Count(learner.Put(enrollment), enrollment);
        }
    }

    public Enrollment? Find(PersonId person, string courseId) => LearnerOf(person)?.Transcript.Find(courseId)?.View();

    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this transcript.</exception>
    public Page<Enrollment> Transcript(PersonId person, PageRequest page) =>
        (LearnerOf(person) ?? new()).Transcript.Page(page).Select(e => e.View());

    public LearningSummary Summary(PersonId person) => LearnerOf(person) is { } learner
        ? new(learner.Transcript.Count - learner.Completed, learner.Completed)
        : new(0, 0);

    public Consumption Consumption(DateTimeOffset now) => figures.View(now);

    private Learner? LearnerOf(PersonId person) => learners.GetValueOrDefault(person.ToString());

    private sealed class Learner
    {
        public OrderedList<StoredEnrollment> Transcript { get; } = new("transcript", e => e.Course.CourseId, e => Weight.Of(e.Course.Title, e.Course.Product));

        public int Completed { get; private set; }

        public StoredEnrollment? Put(StoredEnrollment enrollment)
        {
            var before = Transcript.Put(enrollment);
            Completed += (enrollment.CompletedAt is null ? 0 : 1) - (before?.CompletedAt is null ? 0 : 1);
            return before;
        }
    }
}
