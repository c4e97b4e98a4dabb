using System.Diagnostics;
using System.Globalization;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Paging;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Xunit.Abstractions;

namespace EngageCenter.Grains.Tests.Workspaces;

/// <summary>The list of people has everybody whom the directory names in a group with roles, whether or not they ever signed in.</summary>
public sealed class CompletePeopleTests(WarmCluster silos, ITestOutputHelper output) : DirectoryTest(silos), IClassFixture<WarmCluster>
{
    private readonly Guid other = Guid.NewGuid();

    [Theory]
    [InlineData(2)]
    [InlineData(999)]
    public async Task Everybody_in_a_group_with_roles_is_listed_as_pending_until_they_sign_in(int pageSize)
    {
        directory.PageSize = pageSize;
        var people = In(5, group);
        directory.Profiles[people[0]] = new("Zoë Ångström", "zoe@contoso.example", UserType.Guest);
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);

        var listed = await List(workspace);
        Assert.Equal(people.Append(contoso.Adele.UserId).Order(), listed.Select(user => user.Person.UserId).Order());
        var zoe = listed.Single(user => user.Person.UserId == people[0]);
        Assert.Equal(("Zoë Ångström", UserType.Guest, WorkspaceUserStatus.Pending, null), (zoe.Profile.DisplayName, zoe.Profile.UserType, zoe.Status, zoe.FirstSignInAt));
        Assert.Equal([(Roles.SupportUser, RoleSource.EntraGroup), (Roles.User, RoleSource.Default)], zoe.Roles.Select(role => (role.Role, role.Source)));
        Assert.Equal([zoe.Person], (await List(workspace, userType: UserType.Guest)).Select(user => user.Person));
        Assert.Equal([zoe.Person], (await List(workspace, search: "ångstr")).Select(user => user.Person));
        Assert.Equal(5, (await List(workspace, status: WorkspaceUserStatus.Pending)).Count(user => user.Person != contoso.Adele));

        await contoso.StandingOf(Contoso.SignIn(zoe.Person, 0, group), workspace);
        Assert.Equal(WorkspaceUserStatus.Active, (await List(workspace)).Single(user => user.Person == zoe.Person).Status);
    }

    [Fact]
    public async Task Holders_of_a_permission_are_searched_among_all_listed_people()
    {
        var people = In(5, group);
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.LearningUser);

        var holders = await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).HoldersFor(Applications.With(AppRoles.Evaluate), Permissions.AccessLearning, new(100, null));

        Assert.Equal(people.Order(), holders!.People.Items.Select(person => person.UserId).Order());
    }

    [Fact]
    public async Task Person_who_leaves_the_group_is_unlisted_unless_another_role_remains()
    {
        var people = In(3, group);
        directory.Groups[people[1]] = [.. new[] { group, other }.Order()];
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        await contoso.Grant(workspace, other, Roles.LearningUser);
        Assert.True(await Poll());
        Assert.Equal(4, (await List(workspace)).Count);
        var read = directory.Read.Count;

        directory.Groups[people[0]] = [];
        directory.Groups[people[1]] = [other];
        var comes = In(1, group)[0];
        directory.Tell(new(group, false, [people[0], people[1], comes], false));
        Assert.True(await Poll());

        var listed = await List(workspace);
        Assert.Equal(new[] { people[1], people[2], comes, contoso.Adele.UserId }.Order(), listed.Select(user => user.Person.UserId).Order());
        Assert.Equal([Roles.LearningUser, Roles.User], listed.Single(user => user.Person.UserId == people[1]).Roles.Select(role => role.Role));

        // Three changes cause questions about three people, however many are in the group.
        Assert.Equal(read, directory.Read.Count);
    }

    [Theory]
    [InlineData("told no more")]
    [InlineData("a group is taken out")]
    [InlineData("too many")]
    public async Task Changes_without_names_are_found_by_reading_the_group_again(string what)
    {
        var people = In(60, group);
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.True(await Poll());
        Assert.Equal(61, (await List(workspace)).Count);

        foreach (var person in people.Skip(1))
        {
            directory.Groups[person] = [];
        }

        switch (what)
        {
            case "told no more":
                directory.Expire();
                break;
            case "a group is taken out":
                directory.Tell(new(group, false, [], true));
                break;
            default:
                directory.Tell(new(group, false, [.. people.Skip(1)], false));
                break;
        }

        Assert.True(await Poll());
        Assert.Equal(new[] { people[0], contoso.Adele.UserId }.Order(), (await List(workspace)).Select(user => user.Person.UserId).Order());
    }

    [Fact]
    public async Task Unchanged_list_is_not_read_again_and_a_revoked_group_lists_nobody()
    {
        In(5, group);
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.True(await Poll());
        await List(workspace);
        var read = directory.Read.Count;
        for (var n = 0; n < 5; n++)
        {
            Assert.True(await Poll());
            await List(workspace);
        }

        Assert.Equal(read, directory.Read.Count);
        await contoso.Revoke(workspace, group);
        Assert.Single(await List(workspace));
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.Equal(6, (await List(workspace)).Count);
    }

    [Fact]
    public async Task Silent_directory_removes_nobody_from_the_list_and_is_read_again_later()
    {
        directory.PageSize = 2;
        var people = In(5, group);
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.True(await Poll());
        await List(workspace);
        foreach (var person in people.Skip(1))
        {
            directory.Groups[person] = [];
        }

        directory.Tell(new(group, false, [], true));
        Assert.True(await Poll());

        // The directory does not answer for the second page of the group.
        var pages = 0;
        directory.Groups[people[2]] = directory.Groups[people[3]] = [group];
        directory.Answering = _ => ++pages == 2 ? throw new DirectoryUnavailableException("The test says so.", TimeSpan.FromMilliseconds(1)) : Task.CompletedTask;
        Assert.Equal(6, (await List(workspace)).Count);

        directory.Answer();
        await GrainCluster.Until(async () => (await List(workspace)).Count == 4, "four people are listed");
        await cluster.Forget();
        directory.Refuse(TimeSpan.FromMilliseconds(1));
        Assert.Single(await List(workspace));
        directory.Answer();
        await GrainCluster.Until(async () => (await List(workspace)).Count == 4, "four people are listed");
    }

    [Fact]
    public async Task Blocked_person_is_shown_as_blocked_whether_or_not_they_ever_signed_in()
    {
        var people = In(3, group);
        directory.Blocked[people[0]] = true;
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.True(await Poll());
        Assert.Equal([people[0]], (await List(workspace, status: WorkspaceUserStatus.Blocked)).Select(user => user.Person.UserId));

        directory.Block(people[0], isBlocked: false);
        directory.Block(people[1]);
        Assert.True(await Poll());
        var blocked = Assert.Single(await List(workspace, status: WorkspaceUserStatus.Blocked));
        Assert.Equal((people[1], true), (blocked.Person.UserId, blocked.Roles.IsEmpty));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_preview_counts_everybody_in_the_group(bool holdsRoles)
    {
        directory.PageSize = 40;
        var people = In(150, group);
        directory.Groups[people[0]] = [.. new[] { group, other }.Order()];
        directory.Blocked[people[1]] = true;
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, other, Roles.SupportUser);
        if (holdsRoles)
        {
            await contoso.Grant(workspace, group, Roles.LearningUser);
        }

        var list = cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace);
        var gains = (await list.Preview(await Decision(workspace), group, Roles.SupportUser | Roles.LearningUser))!.Gains;

        // A person who has support already gains nothing, and neither does a blocked person.
        Assert.Equal(holdsRoles ? 148 : 149, gains.Count);
        Assert.Equal(PreviewedChange.MaxPeople, gains.People.Length);
        var loses = (await list.Preview(await Decision(workspace), group, Roles.None))!.Loses;
        Assert.Equal(holdsRoles ? 149 : 0, loses.Count);
    }

    /// <summary>
    /// Measures how long a page and a search of many people who never signed in take after the directory was read, and how much
    /// memory they take. <c>PEOPLE=100000</c> sets their number; the logger <c>console;verbosity=detailed</c> shows the figures.
    /// </summary>
    [Fact]
    public async Task Pages_and_searches_of_many()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("PEOPLE") ?? "2000", CultureInfo.InvariantCulture);
        var groups = Enumerable.Range(0, 20).Select(_ => Guid.NewGuid()).Order().ToArray();
        var random = new Random(1);
        for (var n = 0; n < count; n++)
        {
            var person = Guid.NewGuid();
            directory.Profiles[person] = new($"{(char)('A' + random.Next(26))}dele {n:d6} Vance", $"person{n}@contoso.example", UserType.Member);
            directory.Groups[person] = [.. groups.Skip(random.Next(groups.Length - 1)).Take(2)];
        }

        var workspace = await contoso.Workspace();
        foreach (var granted in groups)
        {
            await contoso.Grant(workspace, granted, Roles.SupportUser);
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var begun = Stopwatch.GetTimestamp();
        await GrainCluster.Until(async () =>
        {
            try
            {
                return (await Page(workspace, new(null, Roles.None, null, null, new(50, null)))).TotalCount == count + 1;
            }
            catch (TryLaterException)
            {
                return false;
            }
        }, "everybody is listed");
        output.WriteLine($"{count} people: read after {Stopwatch.GetElapsedTime(begun).TotalSeconds:f1} s by {directory.Read.Count} requests; {(GC.GetTotalMemory(forceFullCollection: true) - before) / (1 << 20)} MiB");
        var page = new WorkspaceUserQuery(null, Roles.None, null, null, new(50, null));
        var middle = (await Page(workspace, page)).Next!.Split('/', 4) is [var list, var stamp, var id, _] ? $"{list}/{stamp}/{id}/M" : null;
        foreach (var (what, query, isSomebody) in new[]
        {
            ("page", page, true),
            ("middle page", page with { Page = new(50, middle) }, true),
            ("search", page with { Search = "00042" }, true),
            ("search for nobody", page with { Search = "nobody at all" }, false),
            ("search for everybody", page with { Search = "VANCE" }, true),
            ("role", page with { Role = Roles.SupportUser }, true),
            ("status", page with { Status = WorkspaceUserStatus.Pending }, true),
            ("source", page with { Source = RoleSource.EntraGroup }, true),
            ("user type", page with { UserType = UserType.Guest }, false),
            ("all filters and search", new("00042", Roles.SupportUser, WorkspaceUserStatus.Pending, RoleSource.EntraGroup, new(50, null), UserType.Member), true),
        })
        {
            List<double> took = [];
            for (var n = 0; n < 21; n++)
            {
                var at = Stopwatch.GetTimestamp();
                var found = await Page(workspace, query);
                took.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
                Assert.Equal(isSomebody, found.Items.Length > 0);
            }

            took.Sort();
            output.WriteLine($"  {what}: median {took[10]:f1} ms, slowest of 21 {took[20]:f1} ms");
        }
    }

    /// <summary>120 rounds are an hour with the default poll. <c>PEOPLE=100000</c> also counts for that many people.</summary>
    [Fact]
    public async Task What_is_asked_in_an_hour_without_changes_does_not_grow_with_the_people()
    {
        const int rounds = 120;
        int[] sizes = [10, 1_000, .. Environment.GetEnvironmentVariable("PEOPLE") is { } more ? [int.Parse(more, CultureInfo.InvariantCulture)] : Array.Empty<int>()];
        foreach (var size in sizes)
        {
            var (of, granted) = (new Contoso(cluster), Guid.NewGuid());
            var its = cluster.Directory.Of(of.Tenant);
            for (var n = 0; n < size; n++)
            {
                its.Groups[Guid.NewGuid()] = [granted];
            }

            var workspace = await of.Workspace();
            await of.Grant(workspace, granted, Roles.SupportUser);
            var follower = cluster.WithinSilo.GetGrain<IDirectoryFollower>($"{of.Tenant}");
            Assert.True(await follower.Poll());
            await GrainCluster.Until(async () => await Total() == size + 1, "everybody is listed");
            var (read, asked) = (its.Read.Count, its.Requests);
            for (var round = 0; round < rounds; round++)
            {
                Assert.True(await follower.Poll());
                Assert.Equal(size + 1, await Total());
            }

            // Each round asks for changes of groups and for changes of accounts.
            Assert.Equal(2 * rounds, its.Requests - asked);
            output.WriteLine($"{size} people: {read} requests to read the list, {its.Requests - asked} in {rounds} rounds without changes, with a look at the list in each");

            async Task<int> Total()
            {
                try
                {
                    var decision = await cluster.User(of.Adele).Decide(of.AdeleSignIn, workspace);
                    return (await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).List(decision, new(null, Roles.None, null, null, new(1, null))))!.TotalCount;
                }
                catch (TryLaterException)
                {
                    return -1;
                }
            }
        }
    }

    private Guid[] In(int count, params Guid[] groups)
    {
        Guid[] people = [.. Enumerable.Range(0, count).Select(_ => Guid.NewGuid())];
        foreach (var person in people)
        {
            directory.Groups[person] = [.. groups.Order()];
        }

        return people;
    }

    private async Task<AccessDecision> Decision(string workspace) => await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);

    private async Task<IReadOnlyList<WorkspaceUser>> List(string workspace, string? search = null, WorkspaceUserStatus? status = null, UserType? userType = null) =>
        (await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).List(
            await Decision(workspace), new(search, Roles.None, status, null, new(PageRequest.MaxSize, null), userType)))!.Items;

    private async Task<Page<WorkspaceUser>> Page(string workspace, WorkspaceUserQuery query) =>
        (await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).List(await Decision(workspace), query))!;
}
