using System.Collections.Concurrent;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Workspaces;

/// <summary>Storage fails, or its answer is lost. The caller is told, and the next read shows the stored state.</summary>
public sealed class StorageFaultTests(GrainCluster cluster) : IClassFixture<GrainCluster>, IDisposable
{
    private readonly Contoso contoso = new(cluster);

    public void Dispose() => (cluster.Store.Fate, cluster.Store.Begins) = ((_, _) => RowFate.Happens, (_, _) => Task.CompletedTask);

    [Fact]
    public async Task Grant_that_was_not_stored_gives_nothing()
    {
        var workspace = await contoso.Workspace();
        var group = Guid.NewGuid();
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        Break("workspace", RowFate.Fails);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.Grant(workspace, group, Roles.SupportUser));

        Mend();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(member, workspace));
        Assert.Empty((await cluster.User(member.Person).Workspaces(member))!.Value);
        Assert.Equal(PutGroupStatus.Created, (await contoso.Grant(workspace, group, Roles.SupportUser)).Status);
    }

    [Fact]
    public async Task Revocation_with_a_lost_answer_takes_effect()
    {
        var workspace = await contoso.Workspace();
        var group = Guid.NewGuid();
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.Equal(Standing.Member, await contoso.StandingOf(member, workspace));
        Break("workspace", RowFate.AnswerIsLost);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.Revoke(workspace, group));

        Mend();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(member, workspace));
    }

    [Fact]
    public async Task Change_is_not_stored_without_the_older_audit_events()
    {
        var workspace = await WithFullSegment();
        var group = Guid.NewGuid();
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        Break("audit-0", RowFate.Fails);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.Grant(workspace, group, Roles.SupportUser));

        Mend();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(member, workspace));
        Assert.Equal(PutGroupStatus.Created, (await contoso.Grant(workspace, group, Roles.SupportUser)).Status);
        Assert.Equal(AuditTrail.SegmentSize + 1, await AuditEvents(workspace));
    }

    [Fact]
    public async Task Leases_are_recalled_while_older_audit_events_are_stored_and_the_change_comes_after_both()
    {
        var workspace = await WithFullSegment();
        await contoso.StandingOf(contoso.AdeleSignIn, workspace);
        var (segment, order) = (new TaskCompletionSource(), new ConcurrentQueue<string>());
        cluster.Store.Begins = (operation, name) =>
        {
            if (operation == RowOperation.Write && name is "audit-0" or "workspace")
            {
                order.Enqueue(name);
            }

            return operation == RowOperation.Write && name == "audit-0" ? segment.Task : Task.CompletedTask;
        };
        using var meter = new AccessMeter(cluster);

        var granting = contoso.Grant(workspace, Guid.NewGuid(), Roles.SupportUser);
        await GrainCluster.Until(() => Task.FromResult(meter["recall.duration"] >= 1 && !order.IsEmpty), "a lease is given back while the segment is being stored");
        Assert.Equal(["audit-0"], order);

        segment.SetResult();
        Assert.Equal(PutGroupStatus.Created, (await granting).Status);
        Assert.Equal(["audit-0", "workspace"], order);
        Assert.Equal(AuditTrail.SegmentSize + 1, await AuditEvents(workspace));
    }

    [Fact]
    public async Task New_token_decides_only_after_it_is_stored()
    {
        var workspace = await contoso.Workspace();
        var group = Guid.NewGuid();
        var person = contoso.Somebody();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Break("user", RowFate.Fails);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));

        Mend();
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));
    }

    [Fact]
    public async Task Check_does_not_depend_on_the_list_of_people()
    {
        var workspace = await contoso.Workspace();
        Break("people-0", RowFate.Fails);

        Assert.Equal(Standing.Member, await contoso.StandingOf(contoso.AdeleSignIn, workspace));

        Mend();
        Assert.Equal(WorkspaceUserStatus.Pending, (await People(workspace)).Status);
        await cluster.User(contoso.Adele).Me(contoso.AdeleSignIn);
        Assert.Equal(WorkspaceUserStatus.Active, (await People(workspace)).Status);
    }

    [Fact]
    public async Task An_agreement_whose_workspaces_could_not_be_stored_catches_up_with_the_next_read()
    {
        var packages = contoso.Agreement(AgreementType.Workload, "Azure", "Security", "Data");
        var left = 1;
        cluster.Store.Fate = (operation, name) =>
            operation == RowOperation.Write && name == "workspace" && Interlocked.Decrement(ref left) < 0 ? RowFate.Fails : RowFate.Happens;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.Put(packages));

        Mend();
        var view = await cluster.Agreement(contoso.AgreementId).Get();
        Assert.Equal(["Azure", "Security", "Data"], view!.Workspaces.Select(w => w.Name));
        Assert.Equal(3, (await cluster.User(contoso.Adele).Workspaces(contoso.AdeleSignIn))!.Value.Length);
        Assert.Equal(PutAgreementStatus.Updated, (await cluster.Agreement(contoso.AgreementId).Put(Contoso.Automation, new(packages, null))).Status);
        Assert.Equal(3, (await cluster.Agreement(contoso.AgreementId).Get())!.Workspaces.Length);
    }

    [Fact]
    public async Task Storage_that_cannot_be_read_confirms_nothing()
    {
        var workspace = await contoso.Workspace();
        await cluster.Forget();
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Read && name == "workspace" ? RowFate.Fails : RowFate.Happens;

        Assert.Equal(Standing.Unconfirmed, await contoso.StandingOf(contoso.AdeleSignIn, workspace));

        Mend();
        Assert.Equal(Standing.Member, await contoso.StandingOf(contoso.AdeleSignIn, workspace));
    }

    private async Task<WorkspaceUser> People(string workspace)
    {
        var page = await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).List(
            await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace),
            new(null, Roles.None, null, null, new(10, null)));
        return page!.Items.Single();
    }

    // The next change has to store the first segment of the audit trail.
    private async Task<string> WithFullSegment()
    {
        var workspace = await contoso.Workspace();
        var group = Guid.NewGuid();
        for (var turn = 0; await AuditEvents(workspace) < AuditTrail.SegmentSize; turn++)
        {
            await contoso.Grant(workspace, group, turn % 2 == 0 ? Roles.SupportUser : Roles.LearningUser);
        }

        return workspace;
    }

    private async Task<int> AuditEvents(string workspace)
    {
        var page = await cluster.Act(contoso.AdeleSignIn, workspace, (w, d) => w.AuditEvents(d, new(1, null)), p => p is null);
        return page!.TotalCount;
    }

    private void Break(string row, RowFate fate) =>
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Write && name == row ? fate : RowFate.Happens;

    private void Mend() => cluster.Store.Fate = (_, _) => RowFate.Happens;
}
