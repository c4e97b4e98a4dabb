using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace EngageCenter.Grains.Tests.Workspaces;

public class WorkspaceUsersGrainTests(GrainCluster cluster, ITestOutputHelper output) : IClassFixture<GrainCluster>
{
    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task Person_who_signed_in_is_listed_with_the_roles_of_the_current_policy()
    {
        var (workspace, group, other) = (await contoso.Workspace(), Guid.NewGuid(), Guid.NewGuid());
        var member = Contoso.SignIn(contoso.Somebody(), 0, group, other);
        await contoso.Grant(workspace, group, Roles.SupportUser);
        await contoso.StandingOf(member, workspace);
        Assert.Equal([Roles.SupportUser, Roles.User], (await Find(workspace, member.Person))!.Roles.Select(r => r.Role));

        // The role is granted later, to a group that their token had from the beginning.
        await contoso.Grant(workspace, other, Roles.LearningUser);
        Assert.Contains((await Find(workspace, member.Person))!.Roles, r => r.Role == Roles.LearningUser);

        await contoso.Revoke(workspace, group);
        await contoso.Revoke(workspace, other);
        Assert.Null(await Find(workspace, member.Person));
    }

    [Fact]
    public async Task Member_whose_new_token_lacks_the_group_is_no_longer_listed()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        var person = contoso.Somebody();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace);
        await cluster.Forget();

        await cluster.User(person).Me(Contoso.SignIn(person, 60));

        Assert.Null(await Find(workspace, person));
    }

    [Fact]
    public async Task Parallel_sign_ins_are_all_stored()
    {
        var workspace = await contoso.Workspace();
        var people = Enumerable.Range(0, 300).Select(_ => contoso.Somebody()).ToList();
        var list = cluster.WithinSilo.GetGrain<ISeenUsers>(workspace);

        await Task.WhenAll(people.Select(p => list.Seen(Seen(p, 0))));

        await cluster.Forget();
        var group = Guid.NewGuid();
        await contoso.Grant(workspace, group, Roles.User);
        Assert.Single((await List(workspace)).Items);
        await Task.WhenAll(people.Select(p => list.Seen(Seen(p, 1, group))));
        Assert.Equal(301, (await List(workspace)).TotalCount);
    }

    [Fact]
    public async Task Older_sign_in_during_the_write_of_a_newer_one_changes_nothing()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.User);
        var person = contoso.Somebody();
        var list = cluster.WithinSilo.GetGrain<ISeenUsers>(workspace);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => list.Seen(Seen(person, i % 2 == 0 ? 60 : 0, group))));

        Assert.Equal(Seen(person, 60).LastSignInAt, (await Find(workspace, person))!.LastSignInAt);
    }

    [Fact]
    public async Task Full_list_takes_nobody_new_and_keeps_up_with_those_it_has()
    {
        var (workspace, group) = (await contoso.Workspace(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.User);
        Guid[] groups = [group, .. Enumerable.Range(0, 19).Select(_ => Guid.NewGuid())];

        // Adele, who granted the role, is in the list.
        await cluster.Forget();
        var people = Enumerable.Range(0, WorkspaceUser.MaxPerWorkspace - 2).Select(_ => contoso.Somebody()).ToList();
        var stored = Rows(workspace);
        using var unlisted = new AccessMeter(cluster);
        await stored.Load();
        foreach (var some in people.Chunk(SegmentedLog<SeenEntry>.MaxBatch))
        {
            await stored.Commit([.. some.Select(p => SeenEntry.Of(Seen(p, 0, groups)))]);
        }

        var list = cluster.WithinSilo.GetGrain<ISeenUsers>(workspace);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await list.Seen(Seen(contoso.Somebody(), 0, groups));
        Assert.Equal(0, unlisted["unlisted"]);
        await list.Seen(Seen(contoso.Somebody(), 0, groups));
        await list.Seen(Seen(people[0], 60, groups));

        Assert.Equal(1, unlisted["unlisted"]);
        var another = new Contoso(cluster);
        Assert.True(await LeavesOut(contoso, workspace));
        Assert.False(await LeavesOut(another, await another.Workspace()));
        Assert.Equal(Seen(people[0], 60).LastSignInAt, (await List(workspace, $"{people[0].UserId}")).Items.Single().LastSignInAt);
        var found = await List(workspace);
        Assert.Equal(WorkspaceUser.MaxPerWorkspace, found.TotalCount);

        // The limit in ARCHITECTURE.md, plus what other tests of this assembly have allocated meanwhile.
        var taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{taken / 1024.0 / 1024:F0} MiB");
        Assert.InRange(taken, 0, 300 * 1024 * 1024);
        await cluster.Forget();
    }

    private SegmentedLog<SeenEntry> Rows(string workspace) => new(
        cluster.Store, GrainId.Create("workspace-users", workspace), "people", () => { }, RowStore.Refused, NullLogger.Instance);

    private static SeenUser Seen(PersonId person, int seconds, params Guid[] groups)
    {
        var signIn = Contoso.SignIn(person, seconds, groups);
        return new(person, signIn.Profile, signIn.Groups, signIn.IssuedAt, signIn.IssuedAt);
    }

    private async Task<WorkspaceUser?> Find(string workspace, PersonId person) =>
        (await List(workspace)).Items.SingleOrDefault(u => u.Person == person);

    private async Task<bool?> LeavesOut(Contoso of, string workspace) => await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).LeavesOut(
        await cluster.User(of.Adele).Decide(of.AdeleSignIn, workspace));

    private async Task<Page<WorkspaceUser>> List(string workspace, string? search = null)
    {
        // A null answer means to decide again, which happens if a lease expired in between.
        for (var attempt = 0; attempt < PolicyCache.Attempts; attempt++)
        {
            var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
            if (await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).List(decision, new(search, Roles.None, null, null, new(500, null))) is { } page)
            {
                return page;
            }
        }

        throw new InvalidOperationException("The list of people asks again and again to decide anew.");
    }
}
