using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Access;

public class RevocationTests(GrainCluster cluster) : IClassFixture<GrainCluster>
{
    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task A_revoked_group_stops_working_for_all_its_members_on_every_silo()
    {
        var workspace = await contoso.Workspace();
        var group = Guid.NewGuid();
        var members = Enumerable.Range(0, 50).Select(_ => Contoso.SignIn(contoso.Somebody(), 0, group)).ToList();
        for (var round = 0; round < 5; round++)
        {
            Assert.Equal(PutGroupStatus.Created, (await contoso.Grant(workspace, group, Roles.SupportUser)).Status);
            Assert.All(await Task.WhenAll(members.Select(m => contoso.StandingOf(m, workspace))), s => Assert.Equal(Standing.Member, s));

            Assert.Equal(DeleteGroupStatus.Deleted, (await contoso.Revoke(workspace, group)).Status);
            Assert.All(await Task.WhenAll(members.Select(m => contoso.StandingOf(m, workspace))), s => Assert.Equal(Standing.Outsider, s));
        }
    }

    [Fact]
    public async Task Right_taken_from_a_group_stops_working_and_its_other_rights_continue()
    {
        var workspace = await contoso.Workspace();
        var group = Guid.NewGuid();
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        await contoso.Grant(workspace, group, Roles.SupportUser | Roles.LearningUser);
        var before = await cluster.User(member.Person).Decide(member, workspace);
        await contoso.Grant(workspace, group, Roles.LearningUser);
        var after = await cluster.User(member.Person).Decide(member, workspace);

        Assert.True(before.Allows(Permissions.ViewSupportInsights | Permissions.AccessLearning));
        Assert.False(after.Allows(Permissions.ViewSupportInsights));
        Assert.True(after.Allows(Permissions.AccessLearning | Permissions.ViewUserRoles));
        Assert.Equal(before.Epoch + 1, after.Epoch);
    }

    [Fact]
    public async Task Contact_who_leaves_the_contract_loses_access_at_once()
    {
        var workspace = await contoso.Workspace();
        var joni = contoso.Somebody();
        var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca);
        await contoso.Put(agreement with { Contacts = agreement.Contacts.Add(new(Roles.IncidentManager, joni, "Joni", "joni@microsoft.example", null, true)) });
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(joni, 0), workspace));
        Assert.Single((await cluster.User(joni).Workspaces(Contoso.SignIn(joni, 0)))!.Value);

        await contoso.Put(agreement);

        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(joni, 0), workspace));
        Assert.Empty((await cluster.User(joni).Workspaces(Contoso.SignIn(joni, 0)))!.Value);
    }

    [Fact]
    public async Task Decision_of_an_older_policy_is_not_acted_on()
    {
        var workspace = await contoso.Workspace();
        var old = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
        await contoso.Grant(workspace, Guid.NewGuid(), Roles.User);

        Assert.Equal(RenameStatus.DecideAgain, (await cluster.Workspace(workspace).Rename(old, contoso.AdeleActor, new("Late", null))).Status);
        Assert.Null(await cluster.Workspace(workspace).Get(old));
        Assert.Null(await cluster.Grains.GetGrain<IWorkspaceUsersGrain>(workspace).List(old, new(null, Roles.None, null, null, new(10, null))));
    }

    [Fact]
    public async Task Decision_without_the_permission_or_about_another_workspace_throws()
    {
        var workspace = await contoso.Workspace();
        var other = await new Contoso(cluster).Workspace();
        var group = Guid.NewGuid();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        var decision = await cluster.User(member.Person).Decide(member, workspace);

        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => cluster.Workspace(workspace).Rename(decision, contoso.AdeleActor, new("Mine", null)));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => cluster.Workspace(other).Get(decision));
    }

    [Fact]
    public async Task Older_token_brings_back_no_group_even_after_the_grain_was_reactivated()
    {
        var workspace = await contoso.Workspace();
        var group = Guid.NewGuid();
        var person = contoso.Somebody();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(person, 60), workspace));

        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));
        await cluster.Forget();
        Assert.Equal(Standing.Outsider, await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));
    }

    [Fact]
    public async Task Token_of_another_person_is_refused()
    {
        var workspace = await contoso.Workspace();

        await Assert.ThrowsAsync<ArgumentException>(() => cluster.User(contoso.Somebody()).Decide(contoso.AdeleSignIn, workspace).AsTask());

        // It is also refused if the decision is in memory and the other person's token is as old.
        Assert.Equal(Standing.Member, await contoso.StandingOf(contoso.AdeleSignIn, workspace));
        await Assert.ThrowsAsync<ArgumentException>(
            () => cluster.User(contoso.Adele).Decide(Contoso.SignIn(contoso.Somebody(), 0), workspace).AsTask());
    }

    [Fact]
    public async Task Group_with_the_same_id_in_another_tenant_lets_nobody_in()
    {
        var workspace = await contoso.Workspace();
        var group = Guid.NewGuid();
        await contoso.Grant(workspace, group, Roles.Administrator);
        var stranger = Contoso.SignIn(new(Guid.NewGuid(), Guid.NewGuid()), 0, group);

        Assert.Equal(Standing.Outsider, await contoso.StandingOf(stranger, workspace));
        Assert.Empty((await cluster.User(stranger.Person).Workspaces(stranger))!.Value);
    }
}
