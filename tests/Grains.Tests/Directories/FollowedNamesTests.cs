using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Directories;

/// <summary>Groups that get another name in the directory.</summary>
public sealed class FollowedNamesTests(GrainCluster silos) : DirectoryTest(silos), IClassFixture<GrainCluster>, IDisposable
{
    public void Dispose() => cluster.Store.Fate = (_, _) => RowFate.Happens;

    [Fact]
    public async Task A_group_with_another_name_has_it_in_every_workspace_and_nobody_decides_anew()
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
    public async Task A_name_that_is_said_again_wakes_no_workspace()
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
    public async Task A_name_that_a_group_got_before_it_was_followed_is_asked_for(bool isSilentAtFirst)
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
    public async Task A_name_that_people_cannot_be_shown_is_passed_over(string name)
    {
        var (workspace, _) = await Member();
        var before = await NameIn(workspace);
        directory.Tell(new(group, false, [], false, name));

        Assert.True(await Poll());

        Assert.Equal(before, await NameIn(workspace));
    }

    [Fact]
    public async Task A_name_that_could_not_be_stored_is_told_again_and_keeps_nobody_in()
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

    /// <summary>Until the group has the name. After a failure the directory is left alone for a while.</summary>
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

    /// <summary>Somebody who came with the group, which is followed.</summary>
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
