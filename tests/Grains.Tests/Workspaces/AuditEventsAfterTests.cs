using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Workspaces;

/// <summary>A reader who continues from the last event sees every event once, across segments and faults.</summary>
public sealed class AuditEventsAfterTests(GrainCluster cluster) : IClassFixture<GrainCluster>, IDisposable
{
    private readonly Contoso contoso = new(cluster);

    public void Dispose() => cluster.Store.Fate = (_, _) => RowFate.Happens;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(32)]
    [InlineData(50)]
    [InlineData(500)]
    public async Task Every_event_is_read_once_for_any_page_size(int count)
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        var seen = new List<AuditEvent>();
        for (var n = 0; n < 50; n++)
        {
            await contoso.Grant(workspace, group, n % 2 == 0 ? Roles.SupportUser : Roles.LearningUser);
            if (n % 9 == 0)
            {
                await ReadOn(workspace, seen, count);
            }
        }

        await ReadOn(workspace, seen, count);
        Assert.Equal(Enumerable.Range(1, 51).Select(n => (long)n), seen.Select(e => e.Sequence));
        var listed = await Ask(workspace, (w, d) => w.AuditEvents(d, new(500, null)));
        Assert.Equal(listed.Items.Reverse().Select(e => (e.Sequence, e.OccurredAt, e.Action)), seen.Select(e => (e.Sequence, e.OccurredAt, e.Action)));
    }

    [Fact]
    public async Task Event_that_was_not_stored_is_not_returned()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        var seen = new List<AuditEvent>();
        await ReadOn(workspace, seen, 10);
        cluster.Store.Fate = (operation, row) => row == "workspace" && operation == RowOperation.Write ? RowFate.Fails : RowFate.Happens;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.Grant(workspace, group, Roles.SupportUser));
        cluster.Store.Fate = (_, _) => RowFate.Happens;
        await ReadOn(workspace, seen, 10);
        Assert.Single(seen);

        await contoso.Grant(workspace, group, Roles.SupportUser);
        await ReadOn(workspace, seen, 10);
        Assert.Equal([AuditAction.WorkspaceCreated, AuditAction.GroupGranted], seen.Select(e => e.Action));
    }

    [Fact]
    public async Task No_events_after_the_newest_and_an_error_after_an_unknown_one()
    {
        var workspace = await contoso.Workspace();
        var newest = await Ask(workspace, (w, d) => w.AuditEventsAfter(d, 1, 10));
        Assert.Equal((0, 1), (newest.Items.Length, newest.TotalCount));
        await Assert.ThrowsAsync<InvalidCursorException>(() => Ask(workspace, (w, d) => w.AuditEventsAfter(d, 2, 10)));
    }

    private async Task ReadOn(string workspace, List<AuditEvent> seen, int count)
    {
        Page<AuditEvent> page;
        do
        {
            page = await Ask(workspace, (w, d) => w.AuditEventsAfter(d, seen.Count, count));
            Assert.InRange(page.Items.Length, 0, count);
            seen.AddRange(page.Items);
        }
        while (seen.Count < page.TotalCount);
    }

    private async Task<Page<AuditEvent>> Ask(string workspace, Func<IWorkspaceGrain, AccessDecision, Task<Page<AuditEvent>?>> ask) =>
        (await cluster.Act(contoso.AdeleSignIn, workspace, ask, page => page is null))!;
}
