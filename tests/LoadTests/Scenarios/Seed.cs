using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Learning;
using EngageCenter.Workspaces;

namespace EngageCenter.LoadTests;

/// <summary>Puts a dataset into a cluster through its grains. Existing data is not changed.</summary>
internal sealed class Seed(IGrainFactory grains, TimeProvider time)
{
    /// <summary>Parallel calls: enough to keep a few silos busy, and far below what they refuse.</summary>
    private const int Parallel = 32;

    public async Task<SeededCluster> ApplyAsync(DatasetSize size, CancellationToken cancellation)
    {
        var data = new Dataset(size);
        var today = new DateTimeOffset(time.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        var cluster = new SeededCluster(grains, data, await AgreeAsync(data), today, time);
        await EachAsync(Enumerable.Range(0, size.Workspaces), w => GrantAsync(cluster, w), cancellation);

        // Revokes what an earlier run left granted, and creates everything else, including every case with its required age.
        await EachAsync(cluster.ChangingGroups, RevokeAsync, cancellation);
        await EachAsync(cluster.CaseBlocks, block => block.UpdateAsync(), cancellation);
        await EachAsync(cluster.ActivityBlocks, block => block.PutAllAsync(), cancellation);
        await EachAsync(Enumerable.Range(0, DatasetSize.Courses), n => RegisterAsync(data.Course(n)), cancellation);
        await EachAsync(cluster.EnrollmentBlocks, block => block.StartAllAsync(), cancellation);
        await EachAsync(cluster.Technologies, AssessAsync, cancellation);
        await EachAsync(cluster.Visitors, SignInAsync, cancellation);
        return cluster;
    }

    private async Task<ImmutableArray<string>> AgreeAsync(Dataset data)
    {
        var outcome = await grains.GetGrain<IAgreementGrain>(data.AgreementId).Put(Visit.Application(AppRoles.Agreements), new(data.Agreement(), null));
        var ids = outcome.Agreement?.Workspaces.ToDictionary(w => w.Name, w => w.WorkspaceId)
            ?? throw new InvalidOperationException($"The agreement {data.AgreementId} was not put: {outcome.Status}.");
        return [.. Enumerable.Range(0, data.Size.Workspaces).Select(w => ids[Dataset.WorkspaceName(w)])];
    }

    private async Task GrantAsync(SeededCluster cluster, int workspace)
    {
        var (data, id) = (cluster.Data, cluster.WorkspaceIds[workspace]);
        var command = new PutGroup(data.Group(workspace), $"Members of {Dataset.WorkspaceName(workspace)}", Dataset.RolesWithRights, null);
        var outcome = await new Visit(grains, data.Manager, id, Permissions.ManageEntraGroups).ActAsync(async decision =>
            await grains.GetGrain<IWorkspaceGrain>(id).PutGroup(decision, data.ManagerActor, command)
                is { Status: not PutGroupStatus.DecideAgain } answer ? answer : null);
        if (outcome.Status is not (PutGroupStatus.Created or PutGroupStatus.Updated))
        {
            throw new InvalidOperationException($"The group of {id} was not granted its role: {outcome.Status}.");
        }
    }

    private async Task RegisterAsync(Course course)
    {
        var outcome = await grains.GetGrain<ICourseCatalogGrain>(ICourseCatalogGrain.Key).Put(new(course, null), Visit.Application(AppRoles.Learning));
        if (outcome.Course is null)
        {
            throw new InvalidOperationException($"The course {course.CourseId} was not put: {outcome.Status}.");
        }
    }

    private static async Task AssessAsync(AssessedTechnology technology)
    {
        await technology.StartAsync();
        await technology.ReportAsync();
    }

    private static async Task RevokeAsync(ChangingGroup group)
    {
        await group.SetAsync(granted: false);
        await group.ConfirmAsync();
    }

    private static async Task SignInAsync(Visitor visitor)
    {
        await visitor.ListAsync();
        await visitor.SwitchAsync(visitor.Workspaces[0]);
    }

    private static Task EachAsync<T>(IEnumerable<T> all, Func<T, Task> act, CancellationToken cancellation) => System.Threading.Tasks.Parallel.ForEachAsync(
        all, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation }, async (one, _) => await act(one));
}
