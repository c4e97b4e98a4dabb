using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Paging;

namespace EngageCenter.Grains.Tests.Directories;

public sealed class WorkspaceDirectoryTests(WarmCluster cluster) : IClassFixture<WarmCluster>
{
    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task Without_a_directory_it_says_so_and_finds_nothing()
    {
        var (grain, decision) = await Enter();

        Assert.Equal(new(DirectoryStatus.NotConfigured), await grain.State(decision));
        Assert.Empty((await grain.Groups(decision, new(null, new(10, null))))!.Items);
        Assert.Equal(new(DirectoryAnswer.Unknown), await grain.Group(decision, Guid.NewGuid()));
    }

    [Fact]
    public async Task Groups_are_found_by_name_and_by_id_with_the_roles_that_they_hold_here()
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
    }

    [Fact]
    public async Task A_silent_directory_is_said_to_be_and_says_of_no_group_that_there_is_none()
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
    public async Task A_cursor_that_the_directory_does_not_know_is_no_failure_of_the_directory()
    {
        var directory = cluster.Directory.Of(contoso.Tenant);
        var (grain, decision) = await Enter();
        directory.Answering = _ => throw new InvalidCursorException();

        await Assert.ThrowsAsync<InvalidCursorException>(() => grain.Groups(decision, new(null, new(10, "nowhere"))));

        directory.Answer();
        Assert.Empty((await grain.Groups(decision, new(null, new(10, null))))!.Items);
    }

    [Fact]
    public async Task Who_lacks_the_permission_is_told_nothing()
    {
        var (grain, decision) = await Enter();
        var member = decision with { Permissions = Permissions.ViewEntraGroups };

        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => grain.Groups(member, new(null, new(10, null))));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => grain.Group(member, Guid.NewGuid()));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => grain.State(decision with { WorkspaceId = new string('0', 32) }));

        // Made up: it does not prove itself.
        Assert.Null(await grain.State(member));
    }

    private async Task<(IWorkspaceDirectoryGrain Grain, AccessDecision Decision)> Enter()
    {
        var workspace = await contoso.Workspace();
        return (cluster.Grains.GetGrain<IWorkspaceDirectoryGrain>(workspace), await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace));
    }
}
