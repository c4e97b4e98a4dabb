using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Paging;

namespace EngageCenter.Grains.Tests.Directories;

public sealed class WorkspaceDirectoryTests(WarmCluster cluster) : IClassFixture<WarmCluster>
{
    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task Tenant_without_a_directory_is_not_configured_and_has_no_groups()
    {
        var (grain, decision) = await Enter();

        Assert.Equal(new(DirectoryStatus.NotConfigured), await grain.State(decision));
        Assert.Empty((await grain.Groups(decision, new(null, new(10, null))))!.Items);
        Assert.Equal(new(DirectoryAnswer.Unknown), await grain.Group(decision, Guid.NewGuid()));
        Assert.False((await cluster.User(contoso.Adele).Explain(contoso.AdeleSignIn, grain.GetPrimaryKeyString())).HasDirectory);
    }

    [Fact]
    public async Task Groups_are_found_by_name_and_id_with_their_roles()
    {
        var directory = cluster.Directory.Of(contoso.Tenant);
        DirectoryGroup support = new(Guid.NewGuid(), "Support", "Who helps"), sales = new(Guid.NewGuid(), "Sales", null);
        (directory.Named[support.GroupId], directory.Named[sales.GroupId]) = (support, sales);
        var (grain, _) = await Enter();
        await contoso.Grant(grain.GetPrimaryKeyString(), support.GroupId, Roles.SupportUser | Roles.LearningUser);
        var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, grain.GetPrimaryKeyString());

        Assert.Equal([new(sales, Roles.None), new(support, Roles.SupportUser | Roles.LearningUser)], (await grain.Groups(decision, new("s", new(10, null))))!.Items.AsEnumerable());
        Assert.Equal([new(sales, Roles.None)], (await grain.Groups(decision, new($"{sales.GroupId}", new(10, null))))!.Items.AsEnumerable());
        Assert.Empty((await grain.Groups(decision, new($"{Guid.NewGuid()}", new(10, null))))!.Items);
        Assert.Equal(new(DirectoryAnswer.Found, sales), await grain.Group(decision, sales.GroupId));
        Assert.Equal(new(DirectoryAnswer.NotFound), await grain.Group(decision, Guid.NewGuid()));
        Assert.Equal(DirectoryStatus.Connected, (await grain.State(decision))!.Status);
        Assert.True((await cluster.User(contoso.Adele).Explain(contoso.AdeleSignIn, grain.GetPrimaryKeyString())).HasDirectory);
    }

    [Fact]
    public async Task Silent_directory_is_reported_and_no_group_counts_as_missing()
    {
        var directory = cluster.Directory.Of(contoso.Tenant);
        directory.Refuse(TimeSpan.FromMinutes(1));
        var (grain, decision) = await Enter();

        var state = await grain.State(decision);

        Assert.Equal((DirectoryStatus.Failed, "The test says so."), (state!.Status, state.Reason));
        Assert.Equal(new(DirectoryAnswer.Unknown), await grain.Group(decision, Guid.NewGuid()));
        await Assert.ThrowsAsync<TryLaterException>(() => grain.Groups(decision, new(null, new(10, null))));
    }

    [Fact]
    public async Task Person_who_searches_for_groups_does_not_use_up_the_budget()
    {
        var directory = cluster.Directory.Of(contoso.Tenant);
        var (answer, all, asked) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        var granted = Guid.NewGuid();
        var (grain, decision) = await Enter(granted);
        directory.Answering = _ =>
        {
            if (Interlocked.Increment(ref asked) == DirectoryCallers.MaxAtOnce)
            {
                all.SetResult();
            }

            return answer.Task;
        };

        var waiting = Enumerable.Range(0, DirectoryCallers.MaxAtOnce).Select(_ => grain.Groups(decision, new("s", new(10, null)))).ToList();
        await all.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True((await Assert.ThrowsAsync<TryLaterException>(() => grain.Groups(decision, new("s", new(10, null))))).IsLimitOfCaller);
        await Assert.ThrowsAsync<TryLaterException>(() => grain.Group(decision, Guid.NewGuid()));

        // Roles of a group that has some can be taken away meanwhile.
        Assert.Equal(new(DirectoryAnswer.Unknown), await grain.Group(decision, granted));
        Assert.Equal(waiting.Count, asked);

        answer.SetResult();
        await Task.WhenAll(waiting);
        directory.Answer();
        Assert.NotNull(await grain.Groups(decision, new("s", new(10, null))));
    }

    [Fact]
    public async Task Unknown_cursor_is_not_a_failure_of_the_directory()
    {
        var directory = cluster.Directory.Of(contoso.Tenant);
        var (grain, decision) = await Enter();
        directory.Answering = _ => throw new InvalidCursorException();

        await Assert.ThrowsAsync<InvalidCursorException>(() => grain.Groups(decision, new(null, new(10, "nowhere"))));

        directory.Answer();
        Assert.Empty((await grain.Groups(decision, new(null, new(10, null))))!.Items);
    }

    [Fact]
    public async Task Groups_with_roles_have_status_and_number_of_people_from_the_directory()
    {
        var directory = cluster.Directory.Of(contoso.Tenant);
        DirectoryGroup support = new(Guid.NewGuid(), "Support", null), sales = new(Guid.NewGuid(), "Sales", null);
        (directory.Named[support.GroupId], directory.Named[sales.GroupId]) = (support, sales);
        (directory.Groups[Guid.NewGuid()], directory.Groups[Guid.NewGuid()]) = ([support.GroupId, sales.GroupId], [support.GroupId]);
        var gone = Guid.NewGuid();
        var (grain, decision) = await Enter(support.GroupId, sales.GroupId, gone);

        Assert.Equal(
            [new(support.GroupId, GroupStatus.Active, "Support", 2), new(gone, GroupStatus.NotFound), new(sales.GroupId, GroupStatus.Active, "Sales", 1)],
            await Facts(support.GroupId, gone, sales.GroupId));
        Assert.Equal(new[] { support.GroupId, sales.GroupId }.Order(), (await grain.WithStatus(decision, GroupStatus.Active))!.Value.AsEnumerable());
        Assert.Equal([gone], (await grain.WithStatus(decision, GroupStatus.NotFound))!.Value.AsEnumerable());
        Assert.Empty((await grain.WithStatus(decision, GroupStatus.Unknown))!.Value);

        // The directory is asked again only after a minute, or when a change is reported.
        Assert.Equal(2, directory.Counted.Count);
        directory.Groups[Guid.NewGuid()] = [sales.GroupId];
        Assert.Equal(1, (await Facts(sales.GroupId)).Single().People);
        await cluster.WithinSilo.GetGrain<IDirectoryGrain>($"{contoso.Tenant:D}").Forget([sales.GroupId]);
        Assert.Equal(2, (await Facts(sales.GroupId)).Single().People);

        async Task<IEnumerable<GroupFacts>> Facts(params Guid[] groups) => (await grain.Facts(decision, [.. groups]))!.Value;
    }

    [Fact]
    public async Task Groups_of_a_silent_directory_are_unknown_but_not_missing()
    {
        var directory = cluster.Directory.Of(contoso.Tenant);
        var groups = Enumerable.Range(0, 40).Select(_ => Guid.NewGuid()).ToArray();
        groups.ToList().ForEach(group => directory.Named[group] = new(group, "A group", null));
        var (grain, decision) = await Enter(groups);
        var answers = 0;
        directory.Answering = _ => Interlocked.Increment(ref answers) <= 1 ? Task.CompletedTask : throw new DirectoryUnavailableException("The test says so.", TimeSpan.FromMinutes(1));

        var facts = (await grain.Facts(decision, [.. groups]))!.Value;

        Assert.Equal(GroupFacts.MaxLot, facts.Count(known => known.Status == GroupStatus.Active));
        Assert.All(facts, known => Assert.NotEqual(GroupStatus.NotFound, known.Status));
        Assert.All(facts, known => Assert.Null(known.People));
    }

    [Fact]
    public async Task People_are_counted_for_a_limited_number_of_groups_in_one_answer()
    {
        const int count = 100;
        var directory = cluster.Directory.Of(contoso.Tenant);
        var groups = Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).ToArray();
        groups.ToList().ForEach(group => directory.Named[group] = new(group, "A group", null));
        var (grain, decision) = await Enter(groups);

        Assert.Equal(DirectoryGrain.MaxCounted, (await grain.Facts(decision, [.. groups]))!.Value.Count(known => known.People == 0));
        Assert.Equal(count, (await grain.Facts(decision, [.. groups]))!.Value.Count(known => known.People == 0));
        Assert.Equal(count, directory.Counted.Count);
    }

    [Fact]
    public async Task Lists_of_groups_leave_most_of_the_budget_to_sign_ins()
    {
        var directory = cluster.Directory.Of(contoso.Tenant);
        var groups = Enumerable.Range(0, 700).Select(_ => Guid.NewGuid()).ToImmutableArray();
        groups.ToList().ForEach(group => directory.Named[group] = new(group, "A group", null));
        var grain = cluster.WithinSilo.GetGrain<IDirectoryGrain>($"{contoso.Tenant:D}");
        for (var answer = 0; answer < 20; answer++)
        {
            await grain.Facts(groups, counted: true);
        }

        // The minute of the budget may have changed once meanwhile.
        Assert.InRange(directory.Counted.Count, DirectoryGrain.MaxCounted, 2 * DirectoryGrain.FactsPerMinute);
        Assert.True(directory.Counted.Count < groups.Length);
        Assert.False((await grain.GroupsOf(Guid.NewGuid())).Groups.IsDefault);
    }

    [Fact]
    public async Task Call_without_the_permission_gets_no_answer()
    {
        var (grain, decision) = await Enter();
        var member = decision with { Permissions = Permissions.ViewEntraGroups };

        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => grain.Groups(member, new(null, new(10, null))));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => grain.Group(member, Guid.NewGuid()));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => grain.State(decision with { WorkspaceId = new string('0', 32) }));

        // The decision is made up, so it has no proof.
        Assert.Null(await grain.State(member));
        Assert.Null(await grain.Facts(member, [Guid.NewGuid()]));
        Assert.Null(await grain.WithStatus(member, GroupStatus.NotFound));
        var nobody = decision with { Permissions = Permissions.None };
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => grain.Facts(nobody, [Guid.NewGuid()]));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => grain.WithStatus(nobody, GroupStatus.NotFound));
    }

    private async Task<(IWorkspaceDirectoryGrain Grain, AccessDecision Decision)> Enter(params Guid[] groups)
    {
        var workspace = await contoso.Workspace();
        foreach (var group in groups)
        {
            await contoso.Grant(workspace, group, Roles.SupportUser);
        }

        return (cluster.Grains.GetGrain<IWorkspaceDirectoryGrain>(workspace), await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace));
    }
}
