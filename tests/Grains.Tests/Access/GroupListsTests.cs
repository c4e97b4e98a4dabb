using System.Collections.Concurrent;
using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>
/// Lists of workspaces, made from lists of groups that silos keep. Leases do not expire during the tests, so a call that is not
/// made is not made because of the kept lists.
/// </summary>
public sealed class GroupListsTests : IClassFixture<WarmCluster>, IDisposable
{
    private readonly WarmCluster cluster;
    private readonly Contoso contoso;
    private readonly Guid group = Guid.NewGuid();
    private readonly ConcurrentQueue<string> asked = [];

    public GroupListsTests(WarmCluster cluster)
    {
        (this.cluster, contoso) = (cluster, new(cluster));
        cluster.Called = call =>
        {
            if (call.TargetId.Type.ToString() is "group" or "known-ids" or "workspace")
            {
                asked.Enqueue($"{call.TargetId} {call.InterfaceMethod.Name}");
            }
        };
    }

    public void Dispose()
    {
        (cluster.IsMixed, cluster.Called, cluster.Store.Fate) = (false, _ => { }, (_, _) => RowFate.Happens);
        cluster.Time.Shift = TimeSpan.Zero;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(200)]
    public async Task List_makes_no_call_while_nothing_changes_for_any_number_of_groups(int count)
    {
        var workspace = await contoso.Workspace();
        var groups = Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).ToArray();
        foreach (var some in groups)
        {
            await contoso.Grant(workspace, some, Roles.SupportUser);
        }

        var member = Contoso.SignIn(contoso.Somebody(), 0, groups);
        Assert.Equal(workspace, Assert.Single(await Workspaces(member)));
        asked.Clear();

        for (var again = 0; again < 3; again++)
        {
            Assert.Equal(workspace, Assert.Single(await Workspaces(member)));
            Assert.Equal(Standing.Member, (await cluster.User(member.Person).Land(member)).Standing);
        }

        Assert.Empty(asked);

        // Other people in these groups need no call either once their silo has the lists.
        for (var other = 0; other < 10; other++)
        {
            Assert.Single(await Workspaces(Contoso.SignIn(contoso.Somebody(), 0, groups)));
        }

        Assert.InRange(asked.Count(call => call.StartsWith("group/", StringComparison.Ordinal)), 0, (GrainCluster.Silos - 1) * count);
    }

    /// <summary>Members on both silos list their workspaces all the time, so every silo has a list without the workspace.</summary>
    [Fact]
    public async Task Grant_to_a_known_group_is_in_every_list_after_the_acknowledgement()
    {
        await contoso.Grant(await contoso.Workspace(), group, Roles.SupportUser);
        var members = Enumerable.Range(0, 6).Select(_ => Contoso.SignIn(contoso.Somebody(), 0, group)).ToList();
        for (var round = 2; round <= 6; round++)
        {
            var another = await contoso.AnotherWorkspace();
            using var over = new CancellationTokenSource();
            var asking = members.Select(async member =>
            {
                while (!over.IsCancellationRequested)
                {
                    Assert.InRange((await Workspaces(member)).Length, round - 1, round);
                }
            }).ToList();

            await contoso.Grant(another, group, Roles.SupportUser);
            var after = await Task.WhenAll(members.Select(Workspaces));

            await over.CancelAsync();
            await Task.WhenAll(asking);
            Assert.All(after, list => Assert.Equal(round, list.Length));
            Assert.All(after, list => Assert.Contains(another, list));
        }
    }

    /// <summary>The lists of the silos still name the workspace; its policy does not name the group.</summary>
    [Fact]
    public async Task Revoked_workspace_is_in_no_list_after_the_acknowledgement()
    {
        var (kept, lost) = (await contoso.Workspace(), await contoso.AnotherWorkspace());
        await contoso.Grant(kept, group, Roles.SupportUser);
        var members = Enumerable.Range(0, 6).Select(_ => Contoso.SignIn(contoso.Somebody(), 0, group)).ToList();
        for (var round = 0; round < 5; round++)
        {
            await contoso.Grant(lost, group, Roles.SupportUser);
            Assert.All(await Task.WhenAll(members.Select(Workspaces)), list => Assert.Equal(2, list.Length));

            await contoso.Revoke(lost, group);

            Assert.All(await Task.WhenAll(members.Select(Workspaces)), list => Assert.Equal(kept, Assert.Single(list)));
        }
    }

    [Fact]
    public async Task List_is_read_again_after_its_greatest_age()
    {
        var (kept, lost) = (await contoso.Workspace(), await contoso.AnotherWorkspace());
        await contoso.Grant(kept, group, Roles.SupportUser);
        await contoso.Grant(lost, group, Roles.SupportUser);
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        Assert.Equal(2, (await Workspaces(member)).Length);
        await contoso.Revoke(lost, group);
        Assert.Single(await Workspaces(member));

        // The first list after that asks the group, and no list asks for the policy of the revoked workspace.
        cluster.Time.Shift += GroupLists.MaxAge;
        asked.Clear();
        Assert.Single(await Workspaces(member));
        Assert.Single(await Workspaces(member));

        Assert.Equal($"group/{contoso.Tenant}/{group} {nameof(IVersionedGroup.WorkspacesAt)}", Assert.Single(asked));
    }

    /// <summary>The set has the group's next version, but the group's row does not.</summary>
    [Fact]
    public async Task Grant_that_ended_halfway_costs_one_call_and_can_be_repeated()
    {
        var (first, second) = (await contoso.Workspace(), await contoso.AnotherWorkspace());
        await contoso.Grant(first, group, Roles.SupportUser);
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        Assert.Single(await Workspaces(member));
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Write && name == "group" ? RowFate.Fails : RowFate.Happens;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.Grant(second, group, Roles.SupportUser));
        cluster.Store.Fate = (_, _) => RowFate.Happens;
        Assert.Equal(first, Assert.Single(await Workspaces(member)));
        asked.Clear();
        Assert.Equal(first, Assert.Single(await Workspaces(member)));
        Assert.Empty(asked);

        await contoso.Grant(second, group, Roles.SupportUser);

        Assert.Equal(2, (await Workspaces(member)).Length);
    }

    [Fact]
    public async Task Lists_stay_complete_when_activations_end()
    {
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var members = Enumerable.Range(0, 4).Select(_ => Contoso.SignIn(contoso.Somebody(), 0, group)).ToList();
        var expected = new HashSet<string> { workspace };
        for (var round = 0; round < 3; round++)
        {
            Assert.All(await Task.WhenAll(members.Select(Workspaces)), list => Assert.Equal(expected, list.ToHashSet()));
            await cluster.Forget();
            var another = await contoso.AnotherWorkspace();
            await contoso.Grant(another, group, Roles.SupportUser);
            expected.Add(another);
            Assert.All(await Task.WhenAll(members.Select(Workspaces)), list => Assert.Equal(expected, list.ToHashSet()));
        }
    }

    /// <summary>A silo of an earlier release lets a list grow without telling the set.</summary>
    [Fact]
    public async Task List_that_grew_at_a_silo_of_an_earlier_release_is_complete_during_and_after_the_upgrade()
    {
        var (first, second) = (await contoso.Workspace(), await contoso.AnotherWorkspace());
        await contoso.Grant(first, group, Roles.SupportUser);
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        Assert.Single(await Workspaces(member));
        var version = VersionInSet();

        cluster.IsMixed = true;
        await cluster.Settle();
        Assert.Single(await Workspaces(member));
        await contoso.Grant(second, group, Roles.SupportUser);
        await cluster.Settle();
        cluster.Store.Change("known-ids", GrainId.Create("known-ids", KnownIds.GroupsOf(contoso.Tenant)), row => row["Entries"]![$"{group:D}"] = version);
        asked.Clear();
        Assert.Equal(2, (await Workspaces(member)).Length);
        Assert.Equal(2, (await Workspaces(member)).Length);

        // The group is asked each time, because an earlier release cannot answer with versions.
        Assert.Equal(2, asked.Count(call => call == $"group/{contoso.Tenant}/{group} {nameof(IGroupGrain.Workspaces)}"));

        cluster.IsMixed = false;
        await cluster.Settle();
        Assert.Equal(2, (await Workspaces(member)).Length);
        Assert.Equal(version, VersionInSet());
    }

    private async Task<string[]> Workspaces(SignIn signIn) =>
        [.. (await cluster.User(signIn.Person).Workspaces(signIn))!.Value.Select(w => w.Workspace.WorkspaceId)];

    private long VersionInSet() =>
        cluster.Store.Row("known-ids", GrainId.Create("known-ids", KnownIds.GroupsOf(contoso.Tenant)))!["Entries"]![$"{group:D}"]!.GetValue<long>();
}
