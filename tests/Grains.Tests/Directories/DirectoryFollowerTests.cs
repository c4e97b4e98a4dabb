using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Xunit.Abstractions;

namespace EngageCenter.Grains.Tests.Directories;

/// <summary>A person who is removed from a group loses its roles, whatever token they have.</summary>
public sealed class DirectoryFollowerTests(WarmCluster silos, ITestOutputHelper output) : DirectoryTest(silos), IClassFixture<WarmCluster>, IDisposable
{
    private readonly Guid nested = Guid.NewGuid();

    public void Dispose() => (cluster.Store.Fate, cluster.Time.Passed) = ((_, _) => RowFate.Happens, TimeSpan.Zero);

    [Fact]
    public async Task Person_removed_from_a_group_loses_access_with_the_next_round_even_after_a_restart()
    {
        var (workspace, leaver, stayer) = await Members();
        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(group, false, [leaver.UserId], false));

        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));
        Assert.True(await Poll());

        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));
        Assert.Equal(Standing.Member, await StandingOf(stayer, workspace));
        await cluster.Forget();
        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(leaver, 30, group), workspace));
    }

    [Fact]
    public async Task List_of_people_no_longer_has_a_removed_person()
    {
        var (workspace, leaver, stayer) = await Members();
        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(group, false, [leaver.UserId], false));
        await Poll();

        var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        var page = await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).List(decision, new(null, Roles.SupportUser, null, null, new(10, null)));

        Assert.Equal([stayer], page!.Items.Select(user => user.Person));
    }

    [Fact]
    public async Task Person_in_another_group_keeps_access_and_an_added_person_gets_it()
    {
        var (workspace, stays, comes) = await Members();
        var other = Guid.NewGuid();
        await contoso.Grant(workspace, other, Roles.LearningUser);
        directory.Groups[stays.UserId] = [other];
        directory.Groups[comes.UserId] = [.. new[] { group, other }.Order()];
        await Poll();
        directory.Tell(new(group, false, [stays.UserId], false));
        directory.Tell(new(other, false, [comes.UserId, stays.UserId], false));

        Assert.True(await Poll());

        Assert.Equal(RoleTable.PermissionsOf(Roles.LearningUser | Roles.User), await PermissionsOf(stays, workspace));
        Assert.Equal(RoleTable.PermissionsOf(Roles.SupportUser | Roles.LearningUser | Roles.User), await PermissionsOf(comes, workspace));
    }

    [Theory]
    [InlineData("the group is deleted")]
    [InlineData("the nested group is deleted")]
    [InlineData("the nested group is taken out")]
    [InlineData("the address has expired")]
    public async Task Person_concerned_by_a_change_without_being_named_loses_access(string what)
    {
        directory.Nested[group] = [nested];
        var (workspace, leaver, stayer) = await Members();
        directory.Groups[leaver.UserId] = [];
        switch (what)
        {
            case "the group is deleted":
                directory.Tell(new(group, true, [], false));
                break;
            case "the nested group is deleted":
                directory.Tell(new(nested, true, [], false));
                break;
            case "the nested group is taken out":
                directory.Tell(new(group, false, [], true));
                break;
            default:
                directory.Expire();
                break;
        }

        Assert.True(await Poll());

        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));
        Assert.Equal(Standing.Member, await StandingOf(stayer, workspace));
    }

    [Fact]
    public async Task Group_that_a_read_did_not_find_any_more_still_concerns_its_people_when_its_deletion_is_reported()
    {
        directory.Nested[group] = [nested];
        var (workspace, leaver, _) = await Members();

        // The group is deleted. One answer knows that already, and the answers about people do not.
        directory.Nested[group] = [];
        directory.Tell(new(group, false, [], true));
        Assert.True(await Poll());
        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));

        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(nested, true, [], false));
        Assert.True(await Poll());

        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));
    }

    [Fact]
    public async Task Group_that_left_long_ago_concerns_nobody()
    {
        directory.Nested[group] = [nested];
        await Members();
        directory.Nested[group] = [];
        directory.Tell(new(group, false, [], true));
        Assert.True(await Poll());
        cluster.Time.Passed = UserGrain.Settling + TimeSpan.FromMinutes(1);
        Assert.True(await Poll());
        var asked = directory.Asked.Count;

        directory.Tell(new(nested, true, [], false));
        Assert.True(await Poll());

        Assert.Equal(asked, directory.Asked.Count);
    }

    [Fact]
    public async Task Newly_nested_group_is_followed()
    {
        var (workspace, leaver, _) = await Members();
        directory.Nested[group] = [nested];
        directory.Tell(new(group, false, [], true));
        Assert.True(await Poll());

        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(nested, false, [leaver.UserId], false));
        Assert.True(await Poll());

        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));
    }

    [Fact]
    public async Task Silent_directory_removes_nobody_and_its_changes_are_read_later()
    {
        var (workspace, leaver, stayer) = await Members();
        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(group, false, [leaver.UserId, stayer.UserId], false));
        directory.Refuse(TimeSpan.FromMilliseconds(1));

        Assert.False(await Poll());
        Assert.Equal([Standing.Member, Standing.Member], [await StandingOf(leaver, workspace), await StandingOf(stayer, workspace)]);

        directory.Answer();
        await GrainCluster.Until(Poll, "the round catches up");
        Assert.Equal([Standing.Outsider, Standing.Member], [await StandingOf(leaver, workspace), await StandingOf(stayer, workspace)]);
    }

    [Fact]
    public async Task Directory_that_reports_changes_but_no_groups_removes_nobody()
    {
        var (workspace, leaver, stayer) = await Members();
        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(group, false, [leaver.UserId, stayer.UserId], false));
        directory.IsSilentAboutPeople = true;

        Assert.False(await Poll());
        Assert.Equal([Standing.Member, Standing.Member], [await StandingOf(leaver, workspace), await StandingOf(stayer, workspace)]);

        directory.IsSilentAboutPeople = false;
        await GrainCluster.Until(Poll, "the round catches up");
        Assert.Equal([Standing.Outsider, Standing.Member], [await StandingOf(leaver, workspace), await StandingOf(stayer, workspace)]);
    }

    [Fact]
    public async Task Round_that_ended_halfway_is_repeated_by_the_next_activation()
    {
        var (workspace, leaver, _) = await Members();
        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(group, false, [leaver.UserId], false));
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Write && name == "observation" ? RowFate.Fails : RowFate.Happens;

        Assert.False(await Poll());
        cluster.Store.Fate = (_, _) => RowFate.Happens;
        await cluster.Forget();

        await GrainCluster.Until(Poll, "the round catches up");
        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));
    }

    [Fact]
    public async Task Round_without_changes_asks_once_for_each_lot_and_stores_nothing()
    {
        var (workspace, leaver, _) = await Members();
        Assert.True(await Poll());
        var (asked, rounds) = (directory.Asked.Count, directory.Rounds);
        cluster.Store.StartCounting();

        Assert.True(await Poll());

        Assert.Equal((asked, rounds + 1, 0), (directory.Asked.Count, directory.Rounds, cluster.Store.Writes));
        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));
    }

    [Fact]
    public async Task Unknown_person_gets_no_row_and_is_not_asked_about()
    {
        await Members();
        await Poll();
        var asked = directory.Asked.Count;
        directory.Tell(new(group, false, [.. Enumerable.Range(0, 200).Select(_ => Guid.NewGuid())], false));

        Assert.True(await Poll());

        Assert.Equal(asked, directory.Asked.Count);
    }

    [Fact]
    public async Task Newer_token_decides_after_the_person_was_added_again()
    {
        var (workspace, leaver, _) = await Members();
        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(group, false, [leaver.UserId], false));
        Assert.True(await Poll());

        var later = Contoso.SignIn(leaver, 0, group) with { IssuedAt = DateTimeOffset.FromUnixTimeSeconds(cluster.Time.GetUtcNow().ToUnixTimeSeconds() + 60) };

        Assert.Equal(Standing.Member, await contoso.StandingOf(later, workspace));
    }

    /// <summary>With a real workspace and real activations. The simulation of the directory runs many more orders, and faults.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Nobody_keeps_a_role_of_a_group_they_left_after_any_order_of_events(int seed)
    {
        var random = new Random(seed);
        var workspace = await contoso.Workspace();
        var groups = Enumerable.Range(0, 3).Select(_ => Guid.NewGuid()).ToArray();
        var people = Enumerable.Range(0, 4).Select(_ => contoso.Somebody()).ToArray();
        foreach (var granted in groups)
        {
            await contoso.Grant(workspace, granted, Roles.SupportUser);
        }

        var issued = new Dictionary<PersonId, SignIn>();
        var now = DateTimeOffset.FromUnixTimeSeconds(cluster.Time.GetUtcNow().ToUnixTimeSeconds()) - TimeSpan.FromSeconds(200);
        for (var step = 0; step < 80; step++)
        {
            var (person, one) = (people[random.Next(people.Length)], groups[random.Next(groups.Length)]);
            var has = directory.Groups.GetValueOrDefault(person.UserId, []);
            switch (random.Next(7))
            {
                case 0 or 1:
                    directory.Groups[person.UserId] = has.Contains(one) ? has.Remove(one) : [.. has.Append(one).Order()];
                    directory.Tell(new(one, false, [person.UserId], false));
                    break;
                case 2 or 3:
                    var signIn = Contoso.SignIn(person, 0, [.. has]) with { IssuedAt = now.AddSeconds(step) };
                    issued[person] = signIn;
                    await contoso.StandingOf(signIn, workspace);
                    break;
                case 4:
                    directory.Refuse(TimeSpan.FromMilliseconds(1));
                    await Poll();
                    directory.Answer();
                    break;
                case 5:
                    directory.Expire();
                    break;
                default:
                    await (random.Next(2) == 0 ? Poll() : cluster.Forget());
                    break;
            }
        }

        await GrainCluster.Until(Poll, "the round catches up");
        foreach (var (person, signIn) in issued)
        {
            var isIn = !directory.Groups.GetValueOrDefault(person.UserId, []).IsEmpty;
            var standing = await contoso.StandingOf(signIn, workspace);
            Assert.True(standing == Standing.Outsider || (standing == Standing.Member && isIn), $"{person} is {standing}, and {(isIn ? "in" : "out")}");
        }
    }

    /// <summary>Measures how long it takes. <c>MEMBERS=1000</c> sets the number of people; the logger <c>console;verbosity=detailed</c> shows the result.</summary>
    [Fact]
    public async Task Everybody_removed_at_once_loses_access()
    {
        var members = int.Parse(Environment.GetEnvironmentVariable("MEMBERS") ?? "50", CultureInfo.InvariantCulture);
        var (workspace, _, stayer) = await Members();
        PersonId[] people = [.. Enumerable.Range(0, members).Select(_ => contoso.Somebody())];
        foreach (var some in people.Chunk(32))
        {
            Assert.All(await Task.WhenAll(some.Select(person => StandingOf(person, workspace))), standing => Assert.Equal(Standing.Member, standing));
        }

        var asked = directory.Asked.Count;
        directory.Tell(new(group, false, [.. people.Select(person => person.UserId)], false));
        var begun = Stopwatch.GetTimestamp();
        await GrainCluster.Until(Poll, "the round catches up");
        output.WriteLine($"{members} people were out after {Stopwatch.GetElapsedTime(begun).TotalSeconds:f1} s, by {directory.Asked.Count - asked} questions.");

        Assert.Equal(members, directory.Asked.Skip(asked).Distinct().Count());
        foreach (var some in people.Chunk(32))
        {
            Assert.All(await Task.WhenAll(some.Select(person => StandingOf(person, workspace))), standing => Assert.Equal(Standing.Outsider, standing));
        }

        Assert.Equal(Standing.Member, await StandingOf(stayer, workspace));
    }

    public static TheoryData<int> Here => Environment.GetEnvironmentVariable("HERE") is { } here
        ? [int.Parse(here, CultureInfo.InvariantCulture)]
        : [50, DirectoryFollower.MaxPerRound + 50];

    /// <summary>
    /// <c>MEMBERS=100000 HERE=10000</c> with the logger <c>console;verbosity=detailed</c> says how long it takes until those are out who have an
    /// activation, and how many questions a round asks.
    /// </summary>
    [Theory, MemberData(nameof(Here))]
    public async Task Of_more_than_a_round_observes_whoever_is_here_is_out_first(int here)
    {
        var members = int.Parse(Environment.GetEnvironmentVariable("MEMBERS") ?? $"{DirectoryFollower.MaxPerRound + 100}", CultureInfo.InvariantCulture);
        var (workspace, _, _) = await Members();
        PersonId[] people = [.. Enumerable.Range(0, members).Select(_ => contoso.Somebody())];
        foreach (var some in people.Chunk(32))
        {
            await Task.WhenAll(some.Select(person => StandingOf(person, workspace)));
        }

        await cluster.Forget();
        PersonId[] hereNow = [.. people.TakeLast(here)];
        foreach (var some in hereNow.Chunk(32))
        {
            Assert.All(await Task.WhenAll(some.Select(person => StandingOf(person, workspace))), standing => Assert.Equal(Standing.Member, standing));
        }

        var asked = directory.Asked.Count;
        var begun = Stopwatch.GetTimestamp();
        directory.Tell(new(group, false, [.. people.Select(person => person.UserId)], false));
        try
        {
            await Poll();
        }
        catch (TimeoutException)
        {
            // Rounds follow each other for longer than a call may take. The next call waits for them.
            await GrainCluster.Until(async () => !hereNow.Select(person => person.UserId).Except(directory.Asked.Skip(asked)).Any(), "whoever is here is asked about");
        }

        output.WriteLine($"{here} people who are here are out after {Stopwatch.GetElapsedTime(begun).TotalSeconds:f1} s; {directory.Asked.Count - asked} questions until then.");
        Assert.InRange(directory.Asked.Count - asked, here, ((here / DirectoryFollower.MaxPerRound) + 1) * DirectoryFollower.MaxPerRound);
        foreach (var some in hereNow.Chunk(32))
        {
            Assert.All(await Task.WhenAll(some.Select(person => StandingOf(person, workspace))), standing => Assert.Equal(Standing.Outsider, standing));
        }

        if (members < 3 * DirectoryFollower.MaxPerRound)
        {
            await GrainCluster.Until(Poll, "the round catches up");
            Assert.Equal(members, directory.Asked.Skip(asked).Distinct().Count());
        }
    }

    [Fact]
    public async Task Round_waits_only_as_long_as_somebody_needs()
    {
        var (workspace, _, _) = await Members();
        PersonId[] people = [.. Enumerable.Range(0, 40).Select(_ => contoso.Somebody())];
        Assert.All(await Task.WhenAll(people.Select(person => StandingOf(person, workspace))), standing => Assert.Equal(Standing.Member, standing));
        await cluster.Settle();
        directory.Tell(new(group, false, [.. people.Select(person => person.UserId)], false));

        var round = Poll();
        await GrainCluster.Until(
            () =>
            {
                // They were activated by this round, so each needs a little less than the longest wait.
                Assert.Equal(0, cluster.Time.Elapse(DecisionLease.Longest));
                cluster.Time.Elapse(due => due > DecisionLease.Longest / 2 && due < DecisionLease.Longest);
                return Task.FromResult(round.IsCompleted);
            },
            "the round ends");

        Assert.True(await round);
        Assert.All(await Task.WhenAll(people.Select(person => StandingOf(person, workspace))), standing => Assert.Equal(Standing.Outsider, standing));
    }

    private async Task<Permissions> PermissionsOf(PersonId person, string workspace) =>
        (await cluster.User(person).Decide(Contoso.SignIn(person, 0, group), workspace)).Permissions;
}
