using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Directories;

/// <summary>The newer observation wins, in whichever order a token, the directory's answer and a list of people come to know of it.</summary>
public sealed class NewerObservationTests(WarmCluster silos) : DirectoryTest(silos), IClassFixture<WarmCluster>, IDisposable
{
    private readonly Guid other = Guid.NewGuid();

    // A whole second.
    private readonly DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());

    public void Dispose()
    {
        cluster.Time.Shift = TimeSpan.Zero;
        cluster.Store.Begins = (_, _) => Task.CompletedTask;
    }

    [Fact]
    public async Task A_token_issued_before_the_directory_was_asked_brings_nothing_back_also_if_the_answer_was_known_already()
    {
        var (workspace, leaver, _) = await Members();
        cluster.Time.Shift = TimeSpan.FromMinutes(10);
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Token(leaver, 400), workspace));
        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(group, false, [leaver.UserId], false));
        Assert.True(await Poll());

        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Token(leaver, 500, group), workspace));
    }

    [Fact]
    public async Task A_token_issued_before_an_account_was_found_blocked_again_does_not_unblock_it()
    {
        var (workspace, leaver, _) = await Members();
        directory.Block(leaver.UserId);
        Assert.True(await Poll());
        cluster.Time.Shift = TimeSpan.FromMinutes(10);
        directory.Block(leaver.UserId, isBlocked: false);
        directory.Block(leaver.UserId);
        Assert.True(await Poll());

        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Token(leaver, 300, group), workspace));
    }

    [Fact]
    public async Task A_token_issued_after_an_account_was_found_blocked_unblocks_it_also_if_the_groups_are_known_better()
    {
        var (workspace, leaver, _) = await Members();
        directory.Block(leaver.UserId);
        Assert.True(await Poll());
        cluster.Time.Shift = TimeSpan.FromMinutes(10);
        directory.Groups[leaver.UserId] = [.. new[] { group, other }.Order()];
        directory.Tell(new(group, false, [leaver.UserId], false));
        Assert.True(await Poll());
        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));

        Assert.Equal(Standing.Member, await contoso.StandingOf(Token(leaver, 300, group), workspace));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_issued_soon_after_the_directory_took_a_group_away_counts_once_the_directory_agrees_or_is_silent(bool isSilent)
    {
        var (workspace, leaver, _) = await Members();
        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(group, false, [leaver.UserId], false));
        Assert.True(await Poll());
        cluster.Time.Shift = TimeSpan.FromMinutes(2);
        if (isSilent)
        {
            directory.Refuse(TimeSpan.FromMilliseconds(1));
        }

        var late = Token(leaver, 60, group);
        Assert.Equal(isSilent ? Standing.Member : Standing.Outsider, await contoso.StandingOf(late, workspace));
        directory.Answer();
        await GrainCluster.Until(async () => await contoso.StandingOf(late, workspace) == Standing.Outsider, "the directory is asked again");
    }

    [Fact]
    public async Task Groups_that_a_token_brought_back_while_the_directory_was_silent_end_for_older_tokens_too()
    {
        var (workspace, leaver, _) = await Members();
        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(group, false, [leaver.UserId], false));
        Assert.True(await Poll());
        cluster.Time.Shift = TimeSpan.FromMinutes(2);
        directory.Refuse(TimeSpan.FromMilliseconds(1));
        var older = Token(leaver, -60, group);
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(older, workspace));
        Assert.Equal(Standing.Member, await contoso.StandingOf(Token(leaver, 60, group), workspace));

        directory.Answer();

        await GrainCluster.Until(async () => await contoso.StandingOf(older, workspace) == Standing.Outsider, "the directory is asked again");
    }

    [Fact]
    public async Task Whoever_the_directory_put_into_a_group_is_out_when_it_is_deleted()
    {
        var (workspace, leaver, _) = await Members();
        await contoso.Grant(workspace, other, Roles.LearningUser);
        cluster.Time.Shift = TimeSpan.FromMinutes(20);
        var token = Token(leaver, 600, group);
        Assert.Equal(Standing.Member, await contoso.StandingOf(token, workspace));
        Assert.True(await Poll());
        cluster.Time.Shift = TimeSpan.FromMinutes(30);
        directory.Groups[leaver.UserId] = [.. new[] { group, other }.Order()];
        directory.Tell(new(group, false, [leaver.UserId], false));
        Assert.True(await Poll());
        Assert.Equal(RoleTable.PermissionsOf(Roles.SupportUser | Roles.LearningUser | Roles.User), (await cluster.User(leaver).Decide(token, workspace)).Permissions);
        directory.Groups[leaver.UserId] = [group];
        directory.Tell(new(other, true, [], false));
        Assert.True(await Poll());

        Assert.Equal(RoleTable.PermissionsOf(Roles.SupportUser | Roles.User), (await cluster.User(leaver).Decide(token, workspace)).Permissions);
    }

    [Fact]
    public async Task List_that_is_told_late_of_older_groups_still_has_the_newer_ones()
    {
        var (first, leaver, _) = await Members();
        var token = Token(leaver, 0, group);
        Assert.Equal(Standing.Member, await contoso.StandingOf(token, first));
        var workspace = await contoso.AnotherWorkspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        await contoso.Grant(workspace, other, Roles.LearningUser);
        Assert.True(await Poll());
        cluster.Time.Shift = TimeSpan.FromMinutes(10);

        // The person comes to a workspace, whose list is told once their row is stored. Meanwhile the directory is asked.
        var (begun, stored) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Store.Begins = (operation, name) =>
        {
            if (operation != RowOperation.Write || name != "user")
            {
                return Task.CompletedTask;
            }

            begun.TrySetResult();
            return stored.Task;
        };
        var coming = contoso.StandingOf(token, workspace);
        await begun.Task;
        directory.Groups[leaver.UserId] = [.. new[] { group, other }.Order()];
        directory.Tell(new(other, false, [leaver.UserId], false));
        var round = Poll();
        await GrainCluster.Until(
            () => Task.FromResult(cluster.Store.Row("observation", GrainId.Create("user", leaver.ToString()))?.ToJsonString().Contains($"{other}", StringComparison.Ordinal) == true),
            "the answer is stored");
        stored.SetResult();
        Assert.Equal(Standing.Member, await coming);
        Assert.True(await round);

        cluster.Time.Shift = TimeSpan.FromMinutes(20);
        directory.Groups[leaver.UserId] = [group];
        directory.Tell(new(other, true, [], false));
        Assert.True(await Poll());

        Assert.Equal(RoleTable.PermissionsOf(Roles.SupportUser | Roles.User), (await cluster.User(leaver).Decide(token, workspace)).Permissions);
    }

    [Fact]
    public async Task Person_whom_the_list_could_not_be_told_of_is_out_a_minute_after_the_group_is_deleted()
    {
        var (workspace, _, _) = await Members();
        var newcomer = contoso.Somebody();
        directory.Groups[newcomer.UserId] = [group];
        var token = Token(newcomer, 0, group);
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Write && name.StartsWith("people", StringComparison.Ordinal) ? RowFate.Fails : RowFate.Happens;
        try
        {
            Assert.Equal(Standing.Member, await contoso.StandingOf(token, workspace));
        }
        finally
        {
            cluster.Store.Fate = (_, _) => RowFate.Happens;
        }

        directory.Groups[newcomer.UserId] = [];
        directory.Tell(new(group, true, [], false));
        Assert.True(await Poll());
        Assert.True(cluster.Time.Elapse(UserGrain.AskAgainAfter) > 0);

        await GrainCluster.Until(async () => await contoso.StandingOf(token, workspace) == Standing.Outsider, "the directory is asked about the person");
    }

    [Fact]
    public async Task A_group_that_comes_into_a_group_that_is_not_followed_yet_is_followed_as_well()
    {
        var (nested, deeper) = (Guid.NewGuid(), Guid.NewGuid());
        directory.Nested[group] = [nested];
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var leaver = contoso.Somebody();
        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));

        // The group is followed, the groups in it are read, and then those are followed: what came before that is not told.
        var requests = 0;
        directory.Answering = _ =>
        {
            if (++requests == 3)
            {
                directory.Nested[group] = [.. new[] { nested, deeper }.Order()];
            }

            return Task.CompletedTask;
        };
        directory.Groups[leaver.UserId] = [group];
        Assert.True(await Poll());

        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(deeper, false, [leaver.UserId], false));
        Assert.True(await Poll());
        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));
    }

    private SignIn Token(PersonId person, int seconds, params Guid[] groups) => Contoso.SignIn(person, 0, groups) with { IssuedAt = now.AddSeconds(seconds) };
}
