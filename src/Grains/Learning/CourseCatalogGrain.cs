using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace EngageCenter.Learning;

/// <summary>
/// The catalogue of courses, one for the whole cluster. All of it is in memory, about 5 MB at its limit, and every read is
/// answered from there. Reentrant, so that reads go on during a write, and commands that come during a write share the next one.
/// </summary>
[GrainType("course-catalog"), Reentrant]
internal sealed class CourseCatalogGrain(IGrainStorage rows, Scans scans, RefusedRows refused, ILogger<CourseCatalogGrain> logger) : Grain, ICourseCatalogGrain
{
    /// <summary>The most courses in one write, which limits a row to 5 MB; an ordinary one has 100 KB.</summary>
    private const int MaxBatch = 100;

    /// <summary>The most changes that wait for their write; more are refused.</summary>
    private const int MaxWaiting = 1_000;

    private readonly CourseCatalog catalog = new();
    private SegmentedLog<StoredCourse> log = null!;
    private BatchedLog<StoredCourse> batches = null!;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        log = new(rows, GrainContext.GrainId, "courses", DeactivateOnIdle, refused, logger);
        batches = new(log, MaxBatch, MaxWaiting, catalog.Apply, DeactivateOnIdle);
        await log.Load();
        catalog.Apply(log.Entries.OrderBy(c => c.CourseId, StringComparer.Ordinal));
    }

    public async Task<PutCourseOutcome> Put(PutCourse command, Actor caller)
    {
        caller.RequireApplication(AppRoles.Learning);
        ArgumentNullException.ThrowIfNull(command.Course, nameof(command));
        var (status, next) = CourseCatalog.Decide(batches.Accepted(command.Course.CourseId), command, log.Count + batches.Pending);
        if (next is null)
        {
            return new(status);
        }

        // This is awaited even if nothing changes: the accepted course may not be stored yet.
        await batches.Store(next);
        return new(status, next.View());
    }

    public Task<CourseView?> Get(string courseId) => Task.FromResult(catalog.Find(courseId));

    public Task<Page<Course>> List(CourseQuery query, CancellationToken cancellation) =>
        CourseCatalog.IsOpen(query) ? Task.FromResult(catalog.Page(query)) : scans.Run(() => catalog.Scan(query, cancellation), cancellation);
}
