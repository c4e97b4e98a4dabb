using EngageCenter.Access;
using EngageCenter.Paging;

namespace EngageCenter.Learning;

/// <summary>The courses that the people of a workspace take. Keyed by the workspace's id. Enrolments are never removed.</summary>
/// <remarks>
/// Every call needs AccessLearning, and carries the <see cref="AccessDecision"/> of the person's user grain. It is about that
/// person: nobody reads another person's transcript. If the decision's epoch is not the workspace's own, the answer is null
/// or <see cref="PutEnrollmentStatus.DecideAgain"/>.
/// </remarks>
[GrainInterfaceType("EngageCenter.ILearningGrain"), Alias("EngageCenter.ILearningGrain")]
public interface ILearningGrain : IGrainWithStringKey
{
    /// <summary>Starts a course or records progress. Progress never goes back: a report that is not greater changes nothing.</summary>
    [Alias("Put")]
    Task<PutEnrollmentOutcome> Put(AccessDecision decision, PutEnrollment command);

    [Alias("Enrollment")]
    Task<EnrollmentLookup?> Enrollment(AccessDecision decision, string courseId);

    /// <summary>Returns a page of the person's enrolments, in the ordinal order of the courses' ids.</summary>
    [Alias("Transcript")]
    Task<Page<Enrollment>?> Transcript(AccessDecision decision, PageRequest page);

    /// <summary>Returns figures about all people of the workspace. Always equal to a recomputation from all enrolments.</summary>
    [Alias("Consumption")]
    Task<Consumption?> Consumption(AccessDecision decision);

    /// <summary>Returns figures for the person's home page.</summary>
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

    /// <summary>Also if nothing had to change.</summary>
    Updated,
    DecideAgain,
    VersionMismatch,

    /// <summary>The course does not exist, so it was not started.</summary>
    CourseNotFound,

    /// <summary>The workspace has <see cref="Enrollment.MaxPerWorkspace"/> enrolments already.</summary>
    TooManyEnrollments,

    /// <summary>The workspace has enrolments for <see cref="Consumption.MaxProducts"/> products already, and the course is about another one.</summary>
    TooManyProducts,
}

/// <param name="Enrollment">The enrolment as it is now; null if the command was refused.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PutEnrollmentOutcome")]
public sealed record PutEnrollmentOutcome(
    [property: Id(0)] PutEnrollmentStatus Status,
    [property: Id(1)] Enrollment? Enrollment = null);

/// <param name="Enrollment">Null if the person has not started the course.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.EnrollmentLookup")]
public sealed record EnrollmentLookup(
    [property: Id(0)] Enrollment? Enrollment);
