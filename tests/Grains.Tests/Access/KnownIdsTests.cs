using System.Text.Json.Nodes;
using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>
/// Known groups and tenants, and unknown ones. The tests break rows and count activations, so they have a cluster to themselves.
/// </summary>
public sealed partial class KnownIdsTests(GrainCluster cluster) : IClassFixture<GrainCluster>, IDisposable
{
    private readonly Contoso contoso = new(cluster);
    private readonly Guid group = Guid.NewGuid();

    public void Dispose()
    {
        cluster.Store.Fate = (_, _) => RowFate.Happens;
        cluster.Store.Begins = (_, _) => Task.CompletedTask;
        cluster.Called = _ => { };
        cluster.Time.Shift = TimeSpan.Zero;
    }

    [Fact]
    public async Task Groups_that_no_workspace_knows_are_not_activated()
    {
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var member = Contoso.SignIn(contoso.Somebody(), 0, [.. Groups(199), group]);
        Assert.Single(await Workspaces(member));
        await cluster.Settle();

        foreach (var tenant in (Guid[])[contoso.Tenant, Guid.NewGuid(), Guid.NewGuid()])
        {
            for (var n = 0; n < 5; n++)
            {
                var stranger = Contoso.SignIn(new(tenant, Guid.NewGuid()), 0, Groups(200));
                Assert.Empty(await Workspaces(stranger));
                Assert.Equal(Standing.Outsider, await cluster.User(stranger.Person).DecideAnywhere(stranger, Permissions.AccessLearning));
                Assert.Equal(Standing.Outsider, (await cluster.User(stranger.Person).Land(stranger)).Standing);
                Assert.Null((await cluster.User(stranger.Person).Me(stranger)).LastAccessedWorkspaceId);
            }
        }

        Assert.Equal(0, await cluster.Activations("group"));
        Assert.Single(await Workspaces(member));

        // It is 0 if the member's silo has read the group's list before.
        Assert.InRange(await cluster.Activations("group"), 0, 1);
    }

    // Rows are stored under these keys. If they were computed differently, the stored tenants would be lost.
    [Fact]
    public void First_byte_of_its_id_determines_the_set_of_a_tenant()
    {
        foreach (var tenant in Enumerable.Range(0, 1_000).Select(_ => Guid.NewGuid()).Append(Guid.Empty).Append(Guid.AllBitsSet))
        {
            Assert.Equal($"tenants/{tenant:N}"[..10], KnownIds.TenantsWith(tenant));
        }
    }

    [Fact]
    public async Task Tenant_that_no_agreement_names_gets_no_row()
    {
        var rows = new HashSet<string>();
        cluster.Store.Fate = (operation, name) =>
        {
            if (operation == RowOperation.Write)
            {
                lock (rows)
                {
                    rows.Add(name);
                }
            }

            return RowFate.Happens;
        };
        var tenant = Guid.NewGuid();

        Assert.Empty(await Workspaces(Contoso.SignIn(new(tenant, Guid.NewGuid()), 0, Groups(200))));

        // The row may be that of one of the 256 sets of tenants.
        Assert.Subset(new HashSet<string> { "known-ids" }, rows);
        Assert.Null(Row(KnownIds.GroupsOf(tenant)));
    }

    /// <summary>Both silos hold the set without the group when the group gets its grant.</summary>
    [Fact]
    public async Task Acknowledged_grant_is_seen_on_every_silo()
    {
        var workspace = await contoso.Workspace();
        for (var round = 0; round < 10; round++)
        {
            var granted = Guid.NewGuid();
            var members = Enumerable.Range(0, 6).Select(_ => Contoso.SignIn(contoso.Somebody(), 0, granted)).ToList();
            Assert.All(await Task.WhenAll(members.Select(Workspaces)), Assert.Empty);
            using var over = new CancellationTokenSource();
            var asking = members.Select(async member =>
            {
                while (!over.IsCancellationRequested)
                {
                    await Workspaces(member);
                }
            }).ToList();

            await contoso.Grant(workspace, granted, Roles.SupportUser);
            var after = await Task.WhenAll(members.Select(Workspaces));

            await over.CancelAsync();
            await Task.WhenAll(asking);
            Assert.All(after, list => Assert.Equal(workspace, Assert.Single(list)));
        }
    }

    [Theory]
    [InlineData("known-ids", RowFate.Fails)]
    [InlineData("known-ids", RowFate.AnswerIsLost)]
    [InlineData("group", RowFate.Fails)]
    [InlineData("group", RowFate.AnswerIsLost)]
    [InlineData("workspace", RowFate.Fails)]
    [InlineData("workspace", RowFate.AnswerIsLost)]
    internal async Task Grant_that_ends_between_two_steps_is_complete_or_can_be_repeated(string row, RowFate fate)
    {
        var workspace = await contoso.Workspace();
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        Assert.Empty(await Workspaces(member));
        Break(row, fate);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.Grant(workspace, group, Roles.SupportUser));

        Mend();
        await cluster.Forget();
        var expected = (row, fate) is ("workspace", RowFate.AnswerIsLost) ? 1 : 0;
        Assert.Equal(expected, (await Workspaces(member)).Length);
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.Equal(workspace, Assert.Single(await Workspaces(member)));
        Assert.True(IsKnown(group));
    }

    [Fact]
    public async Task Group_leaves_the_set_with_its_last_workspace_and_returns_with_the_next()
    {
        var (first, second) = (await contoso.Workspace(), await contoso.AnotherWorkspace());
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        for (var round = 0; round < 3; round++)
        {
            await contoso.Grant(first, group, Roles.SupportUser);
            await contoso.Grant(second, group, Roles.SupportUser);
            await contoso.Revoke(first, group);
            Assert.True(IsKnown(group));
            Assert.Equal(second, Assert.Single(await Workspaces(member)));

            await contoso.Revoke(second, group);
            Assert.Empty(await Workspaces(member));
            await cluster.Settle();
            Assert.False(IsKnown(group));
            Assert.Empty(await Workspaces(member));
        }
    }

    [Theory]
    [InlineData("known-ids", RowFate.Fails)]
    [InlineData("known-ids", RowFate.AnswerIsLost)]
    internal async Task Group_that_could_not_leave_the_set_is_revoked_and_leaves_it_later(string row, RowFate fate)
    {
        var workspace = await contoso.Workspace();
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.Single(await Workspaces(member));
        Break(row, fate);
        Assert.Equal(DeleteGroupStatus.Deleted, (await contoso.Revoke(workspace, group)).Status);
        await cluster.Forget();

        Mend();
        await cluster.Settle();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(member, workspace));

        // If it is still in the set, it is asked for once, when its list is read again, and then not again.
        cluster.Time.Shift += GroupLists.MaxAge;
        Assert.Empty(await Workspaces(member));
        Assert.False(IsKnown(group));
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.Single(await Workspaces(member));
    }

    [Fact]
    public async Task Revocation_is_acknowledged_before_the_list_of_its_group_is_stored()
    {
        var (first, second) = (await contoso.Workspace(), await contoso.AnotherWorkspace());
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        await contoso.Grant(first, group, Roles.SupportUser);
        var storing = new TaskCompletionSource();
        cluster.Store.Begins = (operation, name) => operation == RowOperation.Write && name == "group" ? storing.Task : Task.CompletedTask;

        Assert.Equal(DeleteGroupStatus.Deleted, (await contoso.Revoke(first, group)).Status);
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(member, first));

        // A grant comes after the removal from the list, so it waits for it.
        var granted = contoso.Grant(second, group, Roles.SupportUser);
        Assert.False(granted.IsCompleted);
        storing.SetResult();
        Assert.Equal(PutGroupStatus.Created, (await granted).Status);
        Assert.Equal(second, Assert.Single(await Workspaces(member)));
        Assert.Equal(second, Assert.Single((await Group().Workspaces(0))!.WorkspaceIds));
    }

    [Fact]
    public async Task Revocation_whose_group_stays_in_its_list_is_acknowledged()
    {
        var (first, second) = (await contoso.Workspace(), await contoso.AnotherWorkspace());
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        await contoso.Grant(first, group, Roles.SupportUser);
        var told = Told<IWorkspaceIndex>(nameof(IWorkspaceIndex.Remove));
        Break("group", RowFate.Fails);

        Assert.Equal(DeleteGroupStatus.Deleted, (await contoso.Revoke(first, group)).Status);
        await told;
        await Group().Workspaces(0);

        Mend();
        await cluster.Forget();
        Assert.Equal(first, Assert.Single((await Group().Workspaces(0))!.WorkspaceIds));
        await IsKnownWithoutWorkspaceAndGetsOne(member, second);
    }

    [Fact]
    public async Task Group_without_a_policy_stays_in_the_set_if_the_answer_to_its_revocation_was_lost()
    {
        var (first, second) = (await contoso.Workspace(), await contoso.AnotherWorkspace());
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        await contoso.Grant(first, group, Roles.SupportUser);
        Break("workspace", RowFate.AnswerIsLost);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.Revoke(first, group));

        Mend();
        await cluster.Forget();
        await IsKnownWithoutWorkspaceAndGetsOne(member, second);
    }

    /// <summary>A store of the previous release: it has agreements, workspaces and groups, but no sets.</summary>
    [Fact]
    public async Task Grants_of_an_earlier_release_work_before_and_after_the_sets_are_built()
    {
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        await cluster.Settle();
        cluster.Store.Drop("known-ids");
        cluster.Store.Drop("known-ids-build");

        // While the agreements cannot be read, everybody's groups are asked as before.
        Break("agreement", RowFate.Fails, RowOperation.Read);
        Assert.False(await Build());
        Assert.Equal(workspace, Assert.Single(await Workspaces(member)));
        var stranger = Contoso.SignIn(contoso.Somebody(), 0, Groups(3));
        Assert.Empty(await Workspaces(stranger));
        Assert.True(await cluster.Activations("group") >= 4);

        Mend();
        await cluster.Settle();
        Assert.True(await Build());
        Assert.True(IsKnown(group));
        Assert.Equal(workspace, Assert.Single(await Workspaces(member)));
        var groups = await cluster.Activations("group");
        Assert.Empty(await Workspaces(Contoso.SignIn(contoso.Somebody(), 0, Groups(200))));
        Assert.Equal(groups, await cluster.Activations("group"));
    }

    [Fact]
    public async Task Group_leaves_the_set_with_the_revocation_of_its_last_role()
    {
        var (first, second) = (await contoso.Workspace(), await contoso.AnotherWorkspace());
        await contoso.Grant(first, group, Roles.SupportUser);
        await contoso.Grant(second, group, Roles.SupportUser);
        var told = Told<IKnownIdsGrain>(nameof(IKnownIdsGrain.Remove));

        await contoso.Revoke(first, group);
        Assert.True(IsKnown(group));
        await contoso.Revoke(second, group);
        await told;

        // This call comes after the removal and changes nothing.
        await Set().Remove(Guid.NewGuid(), 0);
        Assert.False(IsKnown(group));
    }

    [Fact]
    public async Task Key_of_neither_kind_of_set_is_refused_and_stores_nothing()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => cluster.Grains.GetGrain<IKnownIdsGrain>("nothing").Add(Guid.NewGuid(), 1, isMore: true));
        Assert.Null(Row("nothing"));
    }

    [Fact]
    public async Task List_is_unconfirmed_while_a_set_is_unavailable()
    {
        await contoso.Workspace();
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        await cluster.Settle();
        Break("known-ids", RowFate.Fails, RowOperation.Read);

        Assert.Null(await cluster.User(member.Person).Workspaces(member));

        Mend();
        Assert.Empty(await Workspaces(member));
    }

    private static Guid[] Groups(int count) => [.. Enumerable.Range(0, count).Select(_ => Guid.NewGuid())];

    private static GrainId IdOf(string key) => GrainId.Create("known-ids", key);

    private async Task<string[]> Workspaces(SignIn signIn) =>
        [.. (await cluster.User(signIn.Person).Workspaces(signIn))!.Value.Select(w => w.Workspace.WorkspaceId)];

    private async Task<KnownIds> Current(string key) => (await WebNode().Current(key))!;

    private Task<bool> Build() => cluster.Grains.GetGrain<IKnownIdsBuild>(IKnownIdsBuild.Key).Build();

    private IKnownIdsGrain Set() => cluster.Grains.GetGrain<IKnownIdsGrain>(KnownIds.GroupsOf(contoso.Tenant));

    private bool IsKnown(Guid id) => Row(KnownIds.GroupsOf(contoso.Tenant))!["Entries"]!.AsObject().ContainsKey($"{id:D}");

    private JsonObject? Row(string key) => cluster.Store.Row("known-ids", IdOf(key));

    private IGroupGrain Group() => cluster.WithinSilo.GetGrain<IGroupGrain>($"{contoso.Tenant:D}/{group:D}");

    // The group is in the set, though no policy names it, and can be granted roles again.
    private async Task IsKnownWithoutWorkspaceAndGetsOne(SignIn member, string workspace)
    {
        Assert.True(IsKnown(group));
        Assert.Empty(await Workspaces(member));
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.Equal(workspace, Assert.Single(await Workspaces(member)));
    }

    // Ends with the next call of a method.
    private Task Told<TInterface>(string method)
    {
        var told = new TaskCompletionSource();
        cluster.Called = call =>
        {
            if (call.InterfaceMethod.DeclaringType == typeof(TInterface) && call.InterfaceMethod.Name == method)
            {
                told.TrySetResult();
            }
        };
        return told.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private void Break(string row, RowFate fate, RowOperation broken = RowOperation.Write) =>
        cluster.Store.Fate = (operation, name) => operation == broken && name == row ? fate : RowFate.Happens;

    private void Mend() => cluster.Store.Fate = (_, _) => RowFate.Happens;
}
