using System.Globalization;
using EngageCenter.Access;
using EngageCenter.Agreements;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>Counts the use of storage, so it has a cluster to itself.</summary>
public class WarmCheckTests(WarmCluster cluster) : IClassFixture<WarmCluster>
{
    private const int AtOnce = 200;
    private static readonly int members = int.Parse(Environment.GetEnvironmentVariable("MEMBERS") ?? "1000", CultureInfo.InvariantCulture);

    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task Warm_check_does_not_use_storage()
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
    public async Task A_person_with_a_thousand_workspaces_sees_all_of_them_from_memory()
    {
        List<string> names = [.. Enumerable.Range(0, 1_000).Select(n => $"Workspace {n:D3}")];
        foreach (var (packages, n) in names.Chunk(100).Select((packages, n) => (packages, n)))
        {
            await cluster.Agreement($"{contoso.AgreementId}-{n}").Put(Contoso.Automation, new(contoso.Agreement(AgreementType.Workload, packages), null));
        }

        await cluster.User(contoso.Adele).Workspaces(contoso.AdeleSignIn);
        cluster.Store.StartCounting();
        var listed = (await cluster.User(contoso.Adele).Workspaces(contoso.AdeleSignIn))!.Value;

        Assert.Equal(names, listed.Select(w => w.Workspace.Name));
        Assert.All(listed, w => Assert.Equal(Roles.CustomerSupportManager | Roles.User, w.Roles));
        Assert.Equal((0, 0), (cluster.Store.Reads, cluster.Store.Writes));
    }

    /// <summary>The environment variable <c>MEMBERS</c> sets the number of members, at most 100,000.</summary>
    [Fact]
    public async Task Revocation_is_one_recall_for_each_silo_and_one_write_for_any_number_of_members()
    {
        var workspace = await contoso.Workspace();
        var group = Guid.NewGuid();
        await contoso.Grant(workspace, group, Roles.SupportUser);

        // With a role in another workspace the group stays in the set. Otherwise the set would be written, and the revocation does not wait for that.
        await contoso.Grant(await contoso.AnotherWorkspace(), group, Roles.SupportUser);
        foreach (var some in Enumerable.Range(0, members).Chunk(AtOnce))
        {
            await Task.WhenAll(some.Select(_ => contoso.StandingOf(Contoso.SignIn(contoso.Somebody(), 0, group), workspace)));
        }

        cluster.Store.StartCounting();
        using var meter = new AccessMeter(cluster);

        await contoso.Revoke(workspace, group);

        // The policy, and then the group's list of workspaces, for which the revocation does not wait.
        Assert.Equal(GrainCluster.Silos, meter["recalls"]);
        Assert.InRange(cluster.Store.Writes, 1, 2);
        await GrainCluster.Until(() => Task.FromResult(cluster.Store.Writes == 2), "the group's list is written");
    }
}
