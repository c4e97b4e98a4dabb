using System.Diagnostics;
using System.Globalization;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Directories;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Xunit.Abstractions;

namespace EngageCenter.Grains.Tests.Directories;

/// <summary>A person whose account is blocked or deleted in the directory holds no roles, and gets them back when it is enabled.</summary>
public sealed class BlockedPeopleTests(WarmCluster silos, ITestOutputHelper output) : DirectoryTest(silos), IClassFixture<WarmCluster>, IDisposable
{
    public void Dispose() => cluster.Store.Fate = (_, _) => RowFate.Happens;

    [Fact]
    public async Task Blocked_person_loses_access_with_the_next_round_and_regains_it_when_enabled_even_after_restarts()
    {
        var (workspace, leaver, stayer) = await Members();
        directory.Block(leaver.UserId);

        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));
        Assert.True(await Poll());
        Assert.Equal([Standing.Outsider, Standing.Member], [await StandingOf(leaver, workspace), await StandingOf(stayer, workspace)]);
        await cluster.Forget();
        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));

        // Another token from before changes nothing.
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(leaver, 30, group), workspace));

        directory.Block(leaver.UserId, isBlocked: false);
        Assert.True(await Poll());
        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));
        await cluster.Forget();
        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));
    }

    [Fact]
    public async Task Blocked_contact_loses_contract_roles()
    {
        var (workspace, _, _) = await Members();
        Assert.Equal(Standing.Member, await contoso.StandingOf(contoso.AdeleSignIn, workspace));
        directory.Block(contoso.Adele.UserId);
        Assert.True(await Poll());

        Assert.Equal(Standing.Outsider, await contoso.StandingOf(contoso.AdeleSignIn, workspace));
        Assert.NotEqual(Standing.Member, await contoso.StandingOf(contoso.AdeleSignIn with { LeavesGroupsOut = true }, workspace));
        Assert.Empty((await cluster.User(contoso.Adele).Workspaces(contoso.AdeleSignIn))!.Value);
        Assert.Equal(Standing.Outsider, await cluster.User(contoso.Adele).DecideAnywhere(contoso.AdeleSignIn, Permissions.ViewUserRoles));

        directory.Block(contoso.Adele.UserId, isBlocked: false);
        Assert.True(await Poll());
        Assert.Equal(Standing.Member, await contoso.StandingOf(contoso.AdeleSignIn, workspace));
    }

    [Fact]
    public async Task Blocked_contact_who_never_signed_in_holds_nothing_and_is_shown_as_blocked()
    {
        var contact = contoso.Somebody();
        var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca);
        var put = await contoso.Put(agreement with { Contacts = [.. agreement.Contacts, new(Roles.IncidentManager, contact, "Isaiah Langer", "isaiah@contoso.example", null, true)] });
        var (workspace, _, _) = await Members(put.Workspaces.Single().WorkspaceId);
        var evaluator = Applications.With(AppRoles.Evaluate);
        Assert.Equal(Standing.Member, (await cluster.User(contact).Evaluate(workspace, evaluator)).Decision.Standing);

        directory.Block(contact.UserId);
        Assert.True(await Poll());

        Assert.Equal(Standing.Outsider, (await cluster.User(contact).Evaluate(workspace, evaluator)).Decision.Standing);
        Assert.Equal([contact], (await People(workspace, WorkspaceUserStatus.Blocked)).Select(user => user.Person));
    }

    [Fact]
    public async Task List_shows_blocked_people_without_roles_and_counts_them_nowhere_else()
    {
        var (workspace, leaver, stayer) = await Members();
        directory.Block(leaver.UserId);
        Assert.True(await Poll());

        var blocked = Assert.Single(await People(workspace, WorkspaceUserStatus.Blocked));
        Assert.Equal((leaver, true, Permissions.None), (blocked.Person, blocked.Roles.IsEmpty, blocked.Permissions));
        Assert.DoesNotContain(await People(workspace, WorkspaceUserStatus.Active), user => user.Person == leaver);
        Assert.Contains(await People(workspace, null), user => user.Person == leaver);
        Assert.DoesNotContain(await People(workspace, null, Roles.SupportUser), user => user.Person == leaver);
        var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        var list = cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace);
        Assert.Equal([stayer], (await list.Holders(decision, Permissions.ViewSupportInsights, new(100, null)))!.People.Items.Where(person => person != contoso.Adele));
        Assert.Equal([stayer], (await list.Preview(decision, group, Roles.None))!.Loses.People.Select(person => person.Person));
        await cluster.Forget();
        Assert.Equal([leaver], (await People(workspace, WorkspaceUserStatus.Blocked)).Select(user => user.Person));

        directory.Block(leaver.UserId, isBlocked: false);
        Assert.True(await Poll());
        Assert.Empty(await People(workspace, WorkspaceUserStatus.Blocked));
        Assert.Contains(await People(workspace, WorkspaceUserStatus.Active, Roles.SupportUser), user => user.Person == leaver);
    }

    [Fact]
    public async Task Account_blocked_and_enabled_within_one_round_changes_nothing()
    {
        var (workspace, leaver, _) = await Members();
        directory.Block(leaver.UserId);
        directory.Block(leaver.UserId, isBlocked: false);
        cluster.Store.StartCounting();

        var asked = directory.AskedAccounts.Count;
        Assert.True(await Poll());

        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));
        Assert.Equal([leaver.UserId], directory.AskedAccounts.Skip(asked));
    }

    [Fact]
    public async Task Newer_token_gives_access_again_and_the_list_shows_it()
    {
        var (workspace, leaver, _) = await Members();
        directory.Block(leaver.UserId);
        Assert.True(await Poll());

        var later = Contoso.SignIn(leaver, 0, group) with { IssuedAt = DateTimeOffset.FromUnixTimeSeconds(cluster.Time.GetUtcNow().ToUnixTimeSeconds() + 60) };
        Assert.Equal(Standing.Member, await contoso.StandingOf(later, workspace));
        Assert.Empty(await People(workspace, WorkspaceUserStatus.Blocked));
    }

    [Fact]
    public async Task Person_whose_row_was_stored_by_another_activation_is_asked_about_again()
    {
        var (workspace, member, _) = await Members();
        var somebody = contoso.Somebody();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(somebody, 0), workspace));
        var row = new GrainState<UserState>();
        await cluster.Store.ReadStateAsync("user", cluster.User(member).GetGrainId(), row);
        await cluster.Store.WriteStateAsync("user", cluster.User(somebody).GetGrainId(), new GrainState<UserState>(row.State));
        directory.Block(somebody.UserId);

        Assert.False(await cluster.WithinSilo.GetGrain<IObservedPerson>($"{somebody}").ObserveAccount());

        await cluster.Settle();
        Assert.True(await cluster.WithinSilo.GetGrain<IObservedPerson>($"{somebody}").ObserveAccount());
        Assert.Equal(Standing.Outsider, await StandingOf(somebody, workspace));
    }

    [Fact]
    public async Task Silent_or_incomplete_directory_blocks_nobody()
    {
        var (workspace, leaver, stayer) = await Members();
        directory.Block(leaver.UserId);
        directory.Refuse(TimeSpan.FromMilliseconds(1));
        Assert.False(await Poll());
        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));

        directory.Answer();
        directory.IsSilentAboutPeople = true;
        await GrainCluster.Until(async () => !await Poll() && directory.AskedAccounts.Contains(leaver.UserId), "the directory is asked about the account");
        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));

        directory.IsSilentAboutPeople = false;
        await GrainCluster.Until(Poll, "the round catches up");
        Assert.Equal([Standing.Outsider, Standing.Member], [await StandingOf(leaver, workspace), await StandingOf(stayer, workspace)]);
    }

    [Fact]
    public async Task Missing_consent_blocks_nobody_and_everything_else_continues()
    {
        directory.ForbidsAccounts = true;
        var (workspace, leaver, stayer) = await Members();
        directory.Block(leaver.UserId);
        directory.Groups[stayer.UserId] = [];
        directory.Tell(new(group, false, [stayer.UserId], false));

        Assert.True(await Poll());

        Assert.Equal([Standing.Member, Standing.Outsider], [await StandingOf(leaver, workspace), await StandingOf(stayer, workspace)]);
        Assert.Equal(DirectoryStatus.Connected, (await cluster.WithinSilo.GetGrain<IDirectoryGrain>($"{contoso.Tenant}").State()).Status);
    }

    [Fact]
    public async Task Expired_changes_are_found_by_asking_about_everybody_who_signed_in()
    {
        var (workspace, leaver, stayer) = await Members();
        directory.Blocked[leaver.UserId] = true;
        directory.Expire();

        Assert.True(await Poll());

        Assert.Equal([Standing.Outsider, Standing.Member], [await StandingOf(leaver, workspace), await StandingOf(stayer, workspace)]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Contact_who_was_blocked_while_changes_expired_is_out_also_where_no_group_holds_a_role(bool cameBefore)
    {
        var (contact, agreement, evaluator) = (contoso.Somebody(), contoso.Agreement(AgreementType.EnterpriseSupportMca), Applications.With(AppRoles.Evaluate));
        var put = await contoso.Put(agreement with { Contacts = [.. agreement.Contacts, new(Roles.IncidentManager, contact, "Isaiah Langer", "isaiah@contoso.example", null, true)] });
        var workspace = put.Workspaces.Single().WorkspaceId;
        await Members(await contoso.AnotherWorkspace());
        if (cameBefore)
        {
            Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(contact, 0), workspace));
        }

        directory.Blocked[contact.UserId] = true;
        directory.Expire();
        Assert.True(await Poll());

        Assert.Equal(Standing.Outsider, (await cluster.User(contact).Evaluate(workspace, evaluator)).Decision.Standing);
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(contact, 0), workspace));
    }

    [Fact]
    public async Task Expired_changes_are_found_also_while_groups_could_not_be_followed()
    {
        var (workspace, leaver) = (await contoso.Workspace(), contoso.Somebody());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));

        // The first request of a round is about groups.
        var requests = 0;
        directory.Answering = _ => ++requests == 1 ? throw new DirectoryForbiddenException("The test says so.") : Task.CompletedTask;
        Assert.False(await Poll());
        directory.Blocked[leaver.UserId] = true;
        directory.Expire();
        requests = 0;
        Assert.False(await Poll());

        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));
    }

    [Fact]
    public async Task Person_who_was_blocked_before_their_tenant_was_followed_is_out_after_the_first_round()
    {
        var (workspace, leaver) = (await contoso.Workspace(), contoso.Somebody());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));
        directory.Blocked[leaver.UserId] = true;

        Assert.True(await Poll());

        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));
    }

    [Fact]
    public async Task Round_that_ended_halfway_is_repeated_by_the_next_activation()
    {
        var (workspace, leaver, _) = await Members();
        directory.Block(leaver.UserId);
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Write && name == "account" ? RowFate.Fails : RowFate.Happens;
        Assert.False(await Poll());
        Assert.Equal(Standing.Member, await StandingOf(leaver, workspace));

        cluster.Store.Fate = (_, _) => RowFate.Happens;
        await cluster.Forget();
        await GrainCluster.Until(Poll, "the round catches up");
        Assert.Equal(Standing.Outsider, await StandingOf(leaver, workspace));
    }

    [Fact]
    public async Task Unknown_person_gets_no_row_and_is_not_asked_about()
    {
        await Members();
        var asked = directory.AskedAccounts.Count;
        cluster.Store.StartCounting();
        foreach (var person in Enumerable.Range(0, 100))
        {
            directory.Block(Guid.NewGuid());
        }

        Assert.True(await Poll());

        // The two writes are the positions in the changes of groups and of accounts.
        Assert.Equal((asked, 2), (directory.AskedAccounts.Count, cluster.Store.Writes));
    }

    /// <summary>Measures how long it takes. <c>MEMBERS=1000</c> sets the number of people; the logger <c>console;verbosity=detailed</c> shows the result.</summary>
    [Fact]
    public async Task Everybody_who_is_blocked_at_once_is_out()
    {
        var members = int.Parse(Environment.GetEnvironmentVariable("MEMBERS") ?? "50", CultureInfo.InvariantCulture);
        var (workspace, _, stayer) = await Members();
        PersonId[] people = [.. Enumerable.Range(0, members).Select(_ => contoso.Somebody())];
        foreach (var some in people.Chunk(32))
        {
            Assert.All(await Task.WhenAll(some.Select(person => StandingOf(person, workspace))), standing => Assert.Equal(Standing.Member, standing));
        }

        people.ToList().ForEach(person => directory.Block(person.UserId));
        var (begun, asked) = (Stopwatch.GetTimestamp(), directory.AskedAccounts.Count);
        await GrainCluster.Until(Poll, "the round catches up");
        output.WriteLine($"{members} people were out after {Stopwatch.GetElapsedTime(begun).TotalSeconds:f1} s, by {directory.AskedAccounts.Count - asked} questions.");

        foreach (var some in people.Chunk(32))
        {
            Assert.All(await Task.WhenAll(some.Select(person => StandingOf(person, workspace))), standing => Assert.Equal(Standing.Outsider, standing));
        }

        Assert.Equal((members, Standing.Member), (directory.AskedAccounts.Skip(asked).Distinct().Count(), await StandingOf(stayer, workspace)));
    }

    private async Task<IEnumerable<WorkspaceUser>> People(string workspace, WorkspaceUserStatus? status, Roles role = Roles.None)
    {
        var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        return (await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).List(decision, new(null, role, status, null, new(100, null))))!.Items;
    }
}
