using EngageCenter.Access;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>Counts what storage is asked for, so it has a cluster to itself.</summary>
public class WarmCheckTests(GrainCluster cluster) : IClassFixture<GrainCluster>
{
    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task A_warm_check_asks_storage_for_nothing()
    {
        var workspace = await contoso.Workspace();
        await contoso.StandingOf(contoso.AdeleSignIn, workspace);
        cluster.Store.StartCounting();
        for (var check = 0; check < 100; check++)
        {
            Assert.Equal(Standing.Member, await contoso.StandingOf(contoso.AdeleSignIn, workspace));
        }

        Assert.Equal((0, 0), (cluster.Store.Reads, cluster.Store.Writes));
    }

    [Fact]
    public async Task A_revocation_is_one_write_of_the_policy_however_many_members_there_are()
    {
        var workspace = await contoso.Workspace();
        var group = Guid.NewGuid();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => contoso.StandingOf(Contoso.SignIn(contoso.Somebody(), 0, group), workspace)));
        cluster.Store.StartCounting();

        await contoso.Revoke(workspace, group);

        // The policy, and after it the group's list of workspaces.
        Assert.Equal(2, cluster.Store.Writes);
    }
}
