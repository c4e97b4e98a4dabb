using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace EngageCenter.Learning;

/// <summary>
/// The courses that the people of a workspace take. Keyed by the workspace's id. Reentrant, so that reports that come during a
/// write share the next one, and nobody waits for another caller's question to the catalogue.
/// </summary>
[GrainType("learning"), Reentrant]
internal sealed class LearningGrain(
    IGrainStorage rows, PolicyCache policies, TimeProvider time, RefusedRows refused, ILogger<LearningGrain> logger) : Grain, ILearningGrain
{
    /// <summary>The most enrolments in one write, which limits a row to 5 MB; an ordinary one has 200 KB.</summary>
    private const int MaxBatch = 100;

    /// <summary>The most enrolments that wait for their write; more are refused.</summary>
    private const int MaxWaiting = 10_000;

    private readonly Enrollments enrollments = new();
    private SegmentedLog<StoredEnrollment> log = null!;
    private BatchedLog<StoredEnrollment> batches = null!;

    private string Id => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        log = new(rows, GrainContext.GrainId, "enrollments", DeactivateOnIdle, refused, logger);
        batches = new(log, MaxBatch, MaxWaiting, enrollments.Apply, DeactivateOnIdle);
        await log.Load(enrollments.Share);
        enrollments.Apply(log.Entries);
    }

    public async Task<PutEnrollmentOutcome> Put(AccessDecision decision, PutEnrollment command)
    {
        var key = StoredEnrollment.KeyOf(decision.Person.ToString(), command.CourseId);
        var known = batches.Accepted(key);
        var course = known is null
            ? await GrainFactory.GetGrain<ICourseCatalogGrain>(ICourseCatalogGrain.Key).Get(command.CourseId)
            : null;

        // Checked after the catalogue has answered, because that may take long. From here until acceptance no other call comes in between.
        if (!await Accepts(decision))
        {
            return new(PutEnrollmentStatus.DecideAgain);
        }

        // If an enrolment was accepted before and is gone now, its write failed. What is stored after it fails as well.
        var (status, next) = enrollments.Decide(
            batches.Accepted(key) ?? known, decision.Person, command, course, log.Count + batches.Pending, time.GetUtcNow());
        if (next is null)
        {
            return new(status);
        }

        // This is awaited even if nothing changes: the accepted enrolment may not be stored yet.
        await batches.Store(enrollments.Share(next));
        return new(status, next.View());
    }

    public async Task<EnrollmentLookup?> Enrollment(AccessDecision decision, string courseId) =>
        await Accepts(decision) ? new(enrollments.Find(decision.Person, courseId)) : null;

    public async Task<Page<Enrollment>?> Transcript(AccessDecision decision, PageRequest page) =>
        await Accepts(decision) ? enrollments.Transcript(decision.Person, page) : null;

    public async Task<Consumption?> Consumption(AccessDecision decision) =>
        await Accepts(decision) ? enrollments.Consumption(time.GetUtcNow()) : null;

    public async Task<LearningSummary?> Summary(AccessDecision decision) =>
        await Accepts(decision) ? enrollments.Summary(decision.Person) : null;

    private async ValueTask<bool> Accepts(AccessDecision decision) =>
        await policies.Accept(decision, Id, Permissions.AccessLearning) is not null;
}
