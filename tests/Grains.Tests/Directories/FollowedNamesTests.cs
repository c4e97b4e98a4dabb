using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Directories;

/// <summary>Groups that are renamed in the directory.</summary>
public sealed class FollowedNamesTests(GrainCluster silos) : DirectoryTest(silos), IClassFixture<GrainCluster>, IDisposable
{
    public void Dispose() => cluster.Store.Fate = (_, _) => RowFate.Happens;

    [Fact]
    public async Task New_name_of_a_group_reaches_every_workspace_without_new_decisions()
    {
        var (workspace, member) = await Member();
        var other = await contoso.Workspace();
        await contoso.Grant(other, group, Roles.SupportUser);
        var before = await cluster.User(member).Decide(Contoso.SignIn(member, 0, group), workspace);
        directory.Tell(new(group, false, [], false, " Helpers of Contoso "));

        Assert.True(await Poll());

        Assert.Equal("Helpers of Contoso", await NameIn(workspace));
        Assert.Equal("Helpers of Contoso", await NameIn(other));
        Assert.Equal(before.Epoch, (await cluster.User(member).Decide(Contoso.SignIn(member, 0, group), workspace)).Epoch);
        await cluster.Forget();
        Assert.Equal("Helpers of Contoso", await NameIn(workspace));
    }

    [Fact]
    public async Task Repeated_name_wakes_no_workspace()
    {
        var (workspace, member) = await Member();
        directory.Tell(new(group, false, [member.UserId], false, "Helpers"));
        Assert.True(await Poll());
        Assert.Equal("Helpers", await NameIn(workspace));
        var calls = 0;
        cluster.Called = call => calls += call.InterfaceMethod.DeclaringType == typeof(INamedGroups) ? 1 : 0;

        directory.Tell(new(group, false, [member.UserId], false, "Helpers"));
        Assert.True(await Poll());
        Assert.Equal(0, calls);

        directory.Tell(new(group, false, [], false, "Others"));
        Assert.True(await Poll());
        cluster.Called = _ => { };
        Assert.Equal((1, "Others"), (calls, await NameIn(workspace)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Name_from_before_a_group_was_followed_is_asked_for(bool isSilentAtFirst)
    {
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        directory.Named[group] = new(group, "Helpers", null);
        if (isSilentAtFirst)
        {
            directory.Refuse(TimeSpan.FromMilliseconds(1));
            Assert.False(await Poll());
            directory.Answer();
        }

        await Named(workspace, "Helpers");
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    [InlineData("\u202Eturned")]
    public async Task Name_that_cannot_be_shown_is_ignored(string name)
    {
        var (workspace, _) = await Member();
        var before = await NameIn(workspace);
        directory.Tell(new(group, false, [], false, name));

        Assert.True(await Poll());

        Assert.Equal(before, await NameIn(workspace));
    }

    [Fact]
    public async Task Name_that_could_not_be_stored_is_told_again_and_does_not_delay_a_removal()
    {
        var (workspace, leaver) = await Member();
        directory.Groups[leaver.UserId] = [];
        directory.Tell(new(group, false, [leaver.UserId], false, "Helpers"));
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Write && name == "workspace" ? RowFate.Fails : RowFate.Happens;

        Assert.True(await Poll());

        cluster.Store.Fate = (_, _) => RowFate.Happens;
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(leaver, 0, group), workspace));

        // The first change after a fault waits for leases that may be out.
        await Named(workspace, "Helpers");
    }

    private async Task<string?> NameIn(string workspace)
    {
        var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        return (await cluster.Grains.GetGrain<IWorkspaceGrain>(workspace).Group(decision, group))!.Items.Single().DisplayName;
    }

    /// <summary>Waits until the group has the name. After a failure the directory is not asked for a while.</summary>
    private Task Named(string workspace, string name) => GrainCluster.Until(
        async () =>
        {
            var isNamed = await NameIn(workspace) == name;
            if (!isNamed)
            {
                await Poll();
            }

            return isNamed;
        },
        $"the group is named {name}");

    /// <summary>Creates a member who signed in with the group. The group is followed.</summary>
    private async Task<(string Workspace, PersonId Member)> Member()
    {
        var (workspace, member) = (await contoso.Workspace(), contoso.Somebody());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        directory.Groups[member.UserId] = [group];
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(member, 0, group), workspace));
        Assert.True(await Poll());
        return (workspace, member);
    }
}
