using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Users;

public class UserGrainTests(GrainCluster cluster) : IClassFixture<GrainCluster>
{
    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task Somebody_lands_where_they_were_last_else_in_the_most_recent_that_is_open_else_in_the_first_by_name()
    {
        var agreement = contoso.Agreement(AgreementType.Workload, "beta", "Alpha", "gamma");
        var ids = (await contoso.Put(agreement)).Workspaces.ToDictionary(w => w.Name, w => w.WorkspaceId);
        var group = Guid.NewGuid();
        var member = Contoso.SignIn(contoso.Somebody(), 0, group);
        foreach (var id in ids.Values)
        {
            await contoso.Grant(id, group, Roles.SupportUser);
        }

        Assert.Equal(ids["Alpha"], await Land(member));
        await cluster.User(member.Person).Switch(member, ids["beta"]);
        await cluster.User(member.Person).Switch(member, ids["gamma"]);
        Assert.Equal(ids["gamma"], await Land(member));
        await contoso.Revoke(ids["gamma"], group);
        Assert.Equal(ids["beta"], await Land(member));
        await contoso.Revoke(ids["beta"], group);
        Assert.Equal(ids["Alpha"], await Land(member));
        await contoso.Revoke(ids["Alpha"], group);
        Assert.Equal(Standing.Outsider, (await cluster.User(member.Person).Land(member)).Standing);
    }

    [Fact]
    public async Task Workspaces_are_complete_and_by_name_and_say_what_was_opened()
    {
        var agreement = contoso.Agreement(AgreementType.Workload, [.. Enumerable.Range(0, 100).Select(i => $"Workspace {i:D2}")]);
        var ids = (await contoso.Put(agreement)).Workspaces.ToDictionary(w => w.Name, w => w.WorkspaceId);
        await cluster.User(contoso.Adele).Switch(contoso.AdeleSignIn, ids["Workspace 07"]);
        await cluster.Forget();

        var all = (await cluster.User(contoso.Adele).Workspaces(contoso.AdeleSignIn))!.Value;

        Assert.Equal(ids.Keys.Order(StringComparer.Ordinal), all.Select(w => w.Workspace.Name));
        var opened = Assert.Single(all, w => w.LastAccessedAt is not null);
        Assert.Equal((ids["Workspace 07"], true), (opened.Workspace.WorkspaceId, opened.IsCurrent));
    }

    [Fact]
    public async Task A_workspace_opens_on_the_start_date_and_says_when_it_expired()
    {
        var soon = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(30);
        var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca) with { StartDate = soon, EndDate = soon.AddDays(30) };
        try
        {
            var pending = await contoso.Put(agreement);
            Assert.Equal((AgreementStatus.Pending, 0), (pending.Status, pending.Workspaces.Length));
            Assert.Empty((await cluster.User(contoso.Adele).Workspaces(contoso.AdeleSignIn))!.Value);

            cluster.Time.Shift = TimeSpan.FromDays(31);
            await cluster.Forget();
            var active = (await cluster.Agreement(contoso.AgreementId).Get())!;
            var workspace = Assert.Single(active.Workspaces).WorkspaceId;
            Assert.Equal(AgreementStatus.Active, active.Status);
            Assert.Equal(Standing.Member, await contoso.StandingOf(contoso.AdeleSignIn, workspace));

            cluster.Time.Shift = TimeSpan.FromDays(100);
            var decision = await cluster.User(contoso.Adele).Decide(contoso.AdeleSignIn, workspace);
            Assert.Equal(AgreementStatus.Expired, (await cluster.Workspace(workspace).Get(decision))!.Status);
        }
        finally
        {
            cluster.Time.Shift = TimeSpan.Zero;
        }
    }

    private async Task<string> Land(SignIn signIn) => (await cluster.User(signIn.Person).Land(signIn)).Decision.WorkspaceId;
}
