using System.Collections.Concurrent;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Users;

/// <summary>People whose token leaves their groups out, in a tenant with a directory. The tests count calls to storage and directory, so they have a cluster to themselves.</summary>
public sealed class OverageTests(WarmCluster silos) : DirectoryTest(silos), IClassFixture<WarmCluster>, IDisposable
{
    public void Dispose() => cluster.Store.Fate = (_, _) => RowFate.Happens;

    [Fact]
    public async Task Person_in_3000_groups_is_a_member_by_one_and_the_directory_is_asked_once()
    {
        var workspace = await Granted();
        var person = contoso.Somebody();
        directory.Groups[person.UserId] = [group, .. Enumerable.Range(0, 2_999).Select(_ => Guid.NewGuid())];

        Assert.Equal(Standing.Member, await contoso.StandingOf(Overage(person, 0), workspace));
        Assert.Equal([workspace], (await cluster.User(person).Workspaces(Overage(person, 0)))!.Value.Select(w => w.Workspace.WorkspaceId));
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Overage(person, 0), await contoso.AnotherWorkspace()));
        await cluster.Forget();
        Assert.Equal(Standing.Member, await contoso.StandingOf(Overage(person, 0), workspace));

        Assert.Single(directory.Asked);
    }

    [Fact]
    public async Task Warm_check_of_a_person_in_3000_groups_makes_no_call()
    {
        var workspace = await Granted();
        var person = contoso.Somebody();
        directory.Groups[person.UserId] = [group, .. Enumerable.Range(0, 2_999).Select(_ => Guid.NewGuid())];
        await contoso.StandingOf(Overage(person, 0), workspace);
        var calls = new ConcurrentBag<string>();
        cluster.Called = call => calls.Add(call.InterfaceName + call.MethodName);
        cluster.Store.StartCounting();

        for (var n = 0; n < 100; n++)
        {
            Assert.Equal(Standing.Member, await contoso.StandingOf(Overage(person, 0), workspace));
        }

        cluster.Called = _ => { };
        Assert.Equal((0, 0), (cluster.Store.Reads, cluster.Store.Writes));
        Assert.DoesNotContain(calls, call => call.Contains(nameof(IDirectoryGrain), StringComparison.Ordinal));
    }

    [Fact]
    public async Task List_of_people_has_the_roles_of_a_person_in_3000_groups()
    {
        var workspace = await Granted();
        var person = contoso.Somebody();
        directory.Groups[person.UserId] = [group, .. Enumerable.Range(0, 2_999).Select(_ => Guid.NewGuid())];
        await contoso.StandingOf(Overage(person, 0), workspace);

        var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        var page = await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).List(decision, new(null, Roles.SupportUser, null, null, new(10, null)));

        Assert.Equal([person], page!.Items.Select(user => user.Person));
    }

    [Fact]
    public async Task Newer_sign_in_asks_again_and_loses_groups_that_the_directory_no_longer_has()
    {
        var workspace = await Granted();
        var person = contoso.Somebody();
        directory.Groups[person.UserId] = [group];
        var now = Now();
        Assert.Equal(Standing.Member, await contoso.StandingOf(OverageAt(person, now), workspace));

        directory.Groups[person.UserId] = [];
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(OverageAt(person, now.AddSeconds(30)), workspace));
        await cluster.Forget();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(OverageAt(person, now), workspace));
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(At(person, now, group), workspace));
        Assert.Equal(2, directory.Asked.Count);
    }

    [Fact]
    public async Task Newer_token_with_groups_replaces_the_directorys_answer()
    {
        var workspace = await Granted();
        var person = contoso.Somebody();
        directory.Groups[person.UserId] = [group];
        var now = Now();
        Assert.Equal(Standing.Member, await contoso.StandingOf(OverageAt(person, now), workspace));

        Assert.Equal(Standing.Outsider, await contoso.StandingOf(At(person, now.AddSeconds(60)), workspace));
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(OverageAt(person, now), workspace));
    }

    [Fact]
    public async Task Rights_that_the_contract_does_not_give_are_unconfirmed_while_the_directory_is_silent()
    {
        var workspace = await Granted();
        var person = contoso.Somebody();
        directory.Groups[person.UserId] = [group];
        directory.Refuse();

        var decision = await cluster.User(person).Decide(Overage(person, 0), workspace);
        Assert.Equal((Standing.Unconfirmed, false), (decision.Standing, decision.KnowsGroups));
        Assert.Null(await cluster.User(person).Workspaces(Overage(person, 0)));
        var manager = await cluster.User(contoso.Adele).Decide(Overage(contoso.Adele, 60), workspace);
        Assert.Equal((Standing.Member, false), (manager.Standing, manager.KnowsGroups));

        directory.Answer();
        await GrainCluster.Until(async () => await contoso.StandingOf(Overage(person, 0), workspace) == Standing.Member, "the directory is asked again");
    }

    [Fact]
    public async Task Groups_known_within_the_hour_decide_while_the_directory_is_silent()
    {
        var workspace = await Granted();
        var (person, stale) = (contoso.Somebody(), contoso.Somebody());
        directory.Groups[person.UserId] = [group];
        var now = Now();
        Assert.Equal(Standing.Member, await contoso.StandingOf(OverageAt(person, now), workspace));
        Assert.Equal(Standing.Member, await contoso.StandingOf(At(stale, now - UserGrain.LongestSilence - TimeSpan.FromSeconds(5), group), workspace));
        directory.Refuse();

        Assert.Equal(Standing.Member, await contoso.StandingOf(OverageAt(person, now.AddSeconds(60)), workspace));
        Assert.Equal(Standing.Unconfirmed, await contoso.StandingOf(OverageAt(stale, now.AddSeconds(60)), workspace));
    }

    [Fact]
    public async Task Directory_that_asks_for_a_pause_is_not_asked_during_it()
    {
        var workspace = await Granted();
        directory.Refuse(TimeSpan.FromMinutes(2));

        for (var n = 0; n < 20; n++)
        {
            Assert.Equal(Standing.Unconfirmed, await contoso.StandingOf(Overage(contoso.Somebody(), 0), workspace));
        }

        Assert.Single(directory.Asked);
    }

    [Fact]
    public async Task Many_checks_at_once_ask_the_directory_once()
    {
        var workspace = await Granted();
        var person = contoso.Somebody();
        directory.Groups[person.UserId] = [group];
        var answer = new TaskCompletionSource();
        directory.Answering = _ => answer.Task;

        var checks = Enumerable.Range(0, 50).Select(_ => contoso.StandingOf(Overage(person, 0), workspace)).ToList();
        await GrainCluster.Until(() => Task.FromResult(!directory.Asked.IsEmpty), "the directory is asked");
        answer.SetResult();

        Assert.All(await Task.WhenAll(checks), standing => Assert.Equal(Standing.Member, standing));
        Assert.Single(directory.Asked);
    }

    [Fact]
    public async Task Late_answer_of_the_directory_counts_as_none()
    {
        var workspace = await Granted();
        // The directory never answers. The grain cancels the wait when its time limit is over; the test moves that time, no clock does.
        directory.Answering = cancelled => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancelled);

        var check = contoso.StandingOf(Overage(contoso.Somebody(), 0), workspace);
        await GrainCluster.Until(() => Task.FromResult(cluster.Time.Elapse(DirectoryGrain.RequestTimeout) > 0), "the grain waits for the directory");

        Assert.Equal(Standing.Unconfirmed, await check);
    }

    [Fact]
    public async Task Answer_of_the_directory_is_stored_before_it_lets_a_member_in()
    {
        var workspace = await Granted();
        var person = contoso.Somebody();
        directory.Groups[person.UserId] = [group];
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Write && name == "observation" ? RowFate.Fails : RowFate.Happens;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.StandingOf(Overage(person, 0), workspace));

        cluster.Store.Fate = (_, _) => RowFate.Happens;
        Assert.Equal(Standing.Member, await contoso.StandingOf(Overage(person, 0), workspace));
    }

    [Fact]
    public async Task Nothing_is_stored_for_a_stranger()
    {
        var workspace = await Granted();
        var stranger = contoso.Somebody();
        directory.Groups[stranger.UserId] = [.. Enumerable.Range(0, 300).Select(_ => Guid.NewGuid())];
        await contoso.StandingOf(contoso.AdeleSignIn, workspace);
        cluster.Store.StartCounting();

        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Overage(stranger, 0), workspace));
        Assert.Empty((await cluster.User(stranger).Workspaces(Overage(stranger, 0)))!.Value);
        Assert.Equal(0, cluster.Store.Writes);
    }

    [Fact]
    public async Task Answer_with_too_many_groups_counts_as_none()
    {
        var workspace = await Granted();
        var person = contoso.Somebody();
        directory.Groups[person.UserId] = [group, .. Enumerable.Range(0, DirectoryGroups.MaxGroups).Select(_ => Guid.NewGuid())];

        Assert.Equal(Standing.Unconfirmed, await contoso.StandingOf(Overage(person, 0), workspace));
    }

    private static SignIn Overage(PersonId person, int seconds) => Contoso.SignIn(person, seconds) with { LeavesGroupsOut = true };

    private static SignIn OverageAt(PersonId person, DateTimeOffset issuedAt) => At(person, issuedAt) with { LeavesGroupsOut = true };

    private static SignIn At(PersonId person, DateTimeOffset issuedAt, params Guid[] groups) => Contoso.SignIn(person, 0, groups) with { IssuedAt = issuedAt };

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeSeconds(cluster.Time.GetUtcNow().ToUnixTimeSeconds());

    private async Task<string> Granted()
    {
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        return workspace;
    }
}
