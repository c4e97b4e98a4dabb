using EngageCenter.Access;
using EngageCenter.Paging;

namespace EngageCenter.Learning;

/// <summary>What the people of a workspace learn. Keyed by the workspace's id. Enrolments are never removed.</summary>
/// <remarks>
/// Everything needs AccessLearning, by the <see cref="AccessDecision"/> of the person's user grain, and is about that
/// person: nobody reads another's transcript. A decision of another epoch than the workspace's own is answered by null,
/// or <see cref="PutEnrollmentStatus.DecideAgain"/>.
/// </remarks>
[GrainInterfaceType("EngageCenter.ILearningGrain"), Alias("EngageCenter.ILearningGrain")]
public interface ILearningGrain : IGrainWithStringKey
{
    /// <summary>Starts a course or moves it on. Progress never goes back: a report that is not greater changes nothing.</summary>
    [Alias("Put")]
    Task<PutEnrollmentOutcome> Put(AccessDecision decision, PutEnrollment command);

    [Alias("Enrollment")]
    Task<EnrollmentLookup?> Enrollment(AccessDecision decision, string courseId);

    /// <summary>In the ordinal order of the courses' ids.</summary>
    [Alias("Transcript")]
    Task<Page<Enrollment>?> Transcript(AccessDecision decision, PageRequest page);

    /// <summary>Everybody's, exact: equal to a recomputation from all enrolments.</summary>
    [Alias("Consumption")]
    Task<Consumption?> Consumption(AccessDecision decision);

    /// <summary>For the person's home page.</summary>
    [Alias("Summary")]
    Task<LearningSummary?> Summary(AccessDecision decision);
}

/// <param name="ProgressPercent">0 to 100.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PutEnrollment")]
public sealed record PutEnrollment(
    [property: Id(0)] string CourseId,
    [property: Id(1)] int ProgressPercent,
    [property: Id(2)] IfMatch? Condition);

public enum PutEnrollmentStatus
{
    Created,

    /// <summary>Also where nothing had to change.</summary>
    Updated,
    DecideAgain,
    VersionMismatch,

    /// <summary>Nothing was started, since there is no such course.</summary>
    CourseNotFound,

    /// <summary>The workspace has <see cref="Enrollment.MaxPerWorkspace"/> already.</summary>
    TooManyEnrollments,

    /// <summary>The course is about another product than the <see cref="Consumption.MaxProducts"/> of the workspace's enrolments.</summary>
    TooManyProducts,
}

/// <param name="Enrollment">As it is now; null where the command was refused.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PutEnrollmentOutcome")]
public sealed record PutEnrollmentOutcome(
    [property: Id(0)] PutEnrollmentStatus Status,
    [property: Id(1)] Enrollment? Enrollment = null);

/// <param name="Enrollment">Null where the person has not started the course.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.EnrollmentLookup")]
public sealed record EnrollmentLookup(
    [property: Id(0)] Enrollment? Enrollment);
