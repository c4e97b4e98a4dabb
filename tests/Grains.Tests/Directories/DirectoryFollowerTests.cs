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

/// <summary>Who is taken out of a group loses what it gave, whatever token they hold.</summary>
public sealed class DirectoryFollowerTests(WarmCluster silos, ITestOutputHelper output) : DirectoryTest(silos), IClassFixture<WarmCluster>, IDisposable
{
    private readonly Guid nested = Guid.NewGuid();

    public void Dispose() => cluster.Store.Fate = (_, _) => RowFate.Happens;

    [Fact]
    public async Task Who_is_taken_out_of_a_group_is_out_with_the_next_round_also_after_a_restart()
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
    public async Task The_list_of_people_no_longer_has_who_is_out()
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
    public async Task Who_is_in_by_another_group_still_stays_in_and_who_is_put_in_gets_in()
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
    public async Task Whoever_is_concerned_without_being_named_is_out(string what)
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
    public async Task A_group_that_comes_into_a_group_is_followed_from_then_on()
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
    public async Task A_silent_directory_takes_nothing_from_anybody_and_is_caught_up_with()
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
    public async Task A_directory_that_says_what_changed_and_not_what_is_takes_nothing_from_anybody()
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
    public async Task A_round_that_ended_halfway_is_told_again_to_its_successor()
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
    public async Task A_round_without_changes_asks_once_for_each_lot_and_stores_nothing()
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
    public async Task Whoever_is_not_known_here_gets_no_row_and_nobody_is_asked_about_them()
    {
        await Members();
        await Poll();
        var asked = directory.Asked.Count;
        directory.Tell(new(group, false, [.. Enumerable.Range(0, 200).Select(_ => Guid.NewGuid())], false));

        Assert.True(await Poll());

        Assert.Equal(asked, directory.Asked.Count);
    }

    [Fact]
    public async Task A_newer_token_decides_again_after_somebody_was_put_back()
    {
        var (workspace, leaver, _) = await Members();
        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(group, false, [leaver.UserId], false));
        Assert.True(await Poll());

        var later = Contoso.SignIn(leaver, 0, group) with { IssuedAt = DateTimeOffset.FromUnixTimeSeconds(cluster.Time.GetUtcNow().ToUnixTimeSeconds() + 60) };

        Assert.Equal(Standing.Member, await contoso.StandingOf(later, workspace));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Whatever_happens_in_whatever_order_nobody_keeps_what_they_were_taken_out_of(int seed)
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

    /// <summary><c>MEMBERS=1000</c> with the logger <c>console;verbosity=detailed</c> says how long it takes.</summary>
    [Fact]
    public async Task Everybody_who_is_taken_out_at_once_is_out()
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

    /// <summary>
    /// <c>MEMBERS=100000 HERE=10000</c> with the logger <c>console;verbosity=detailed</c> says how long it takes until those are out who have an
    /// activation, and how many questions a round asks.
    /// </summary>
    [Fact]
    public async Task Of_more_than_a_round_observes_whoever_is_here_is_out_first()
    {
        var members = int.Parse(Environment.GetEnvironmentVariable("MEMBERS") ?? $"{DirectoryFollower.MaxPerRound + 100}", CultureInfo.InvariantCulture);
        var here = int.Parse(Environment.GetEnvironmentVariable("HERE") ?? "50", CultureInfo.InvariantCulture);
        var (workspace, _, _) = await Members();
        PersonId[] people = [.. Enumerable.Range(0, members).Select(_ => contoso.Somebody())];
        foreach (var some in people.Chunk(32))
        {
            await Task.WhenAll(some.Select(person => StandingOf(person, workspace)));
        }

        await cluster.Forget();
        PersonId[] active = [.. people.TakeLast(here)];
        foreach (var some in active.Chunk(32))
        {
            Assert.All(await Task.WhenAll(some.Select(person => StandingOf(person, workspace))), standing => Assert.Equal(Standing.Member, standing));
        }

        var asked = directory.Asked.Count;
        var begun = Stopwatch.GetTimestamp();
        directory.Tell(new(group, false, [.. people.Select(person => person.UserId)], false));
        for (var round = 0; active.Select(person => person.UserId).Except(directory.Asked.Skip(asked)).Any(); round++)
        {
            var before = directory.Asked.Count;
            await Poll();
            if (directory.Asked.Count == before)
            {
                // The budget of the minute is spent.
                continue;
            }

            output.WriteLine($"Round {round} ended after {Stopwatch.GetElapsedTime(begun).TotalSeconds:f1} s; {directory.Asked.Count - asked} questions until then.");
        }

        Assert.InRange(directory.Asked.Count - asked, here, ((here / DirectoryFollower.MaxPerRound) + 1) * DirectoryFollower.MaxPerRound);
        foreach (var some in active.Chunk(32))
        {
            Assert.All(await Task.WhenAll(some.Select(person => StandingOf(person, workspace))), standing => Assert.Equal(Standing.Outsider, standing));
        }

        if (members < 3 * DirectoryFollower.MaxPerRound)
        {
            await GrainCluster.Until(Poll, "the round catches up");
            Assert.Equal(members, directory.Asked.Skip(asked).Distinct().Count());
        }
    }

    private async Task<Permissions> PermissionsOf(PersonId person, string workspace) =>
        (await cluster.User(person).Decide(Contoso.SignIn(person, 0, group), workspace)).Permissions;
}
