using EngageCenter.Access;
using EngageCenter.Storage;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>The metrics of access coherence, as an operator sees them.</summary>
public sealed class AccessMetricsTests(WarmCluster cluster) : IClassFixture<WarmCluster>, IDisposable
{
    private readonly Contoso contoso = new(cluster);

    public void Dispose() => cluster.Store.Fate = (_, _) => RowFate.Happens;

    [Fact]
    public async Task Leases_and_recalls_are_counted()
    {
        var workspace = await contoso.Workspace();
        using (var before = new AccessMeter(cluster))
        {
            await contoso.StandingOf(contoso.AdeleSignIn, workspace);
            before.Observe();
            Assert.True(before["leases"] >= 1);
            Assert.True(before["leases.held"] >= 1);
            Assert.Equal((0, 0), (before["recalls"], before["silent_holders"]));
        }

        using var meter = new AccessMeter(cluster);
        await contoso.Grant(workspace, Guid.NewGuid(), Roles.User);

        Assert.True(meter["recalls"] is >= 1 and <= 2);
        Assert.Equal(meter["recalls"], meter["recall.duration"]);
    }

    [Fact]
    public async Task A_take_over_is_counted()
    {
        var workspace = await contoso.Workspace();
        await cluster.Forget();
        using var meter = new AccessMeter(cluster);

        await contoso.StandingOf(contoso.AdeleSignIn, workspace);

        Assert.Equal((1, 0), (meter["takeovers"], meter["authority_lost"]));
    }

    [Fact]
    public async Task A_decision_that_cannot_be_confirmed_is_counted()
    {
        var workspace = await contoso.Workspace();
        await cluster.Forget();
        using var meter = new AccessMeter(cluster);
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Read && name == "workspace" ? RowFate.Fails : RowFate.Happens;

        Assert.Equal(Standing.Unconfirmed, await contoso.StandingOf(contoso.AdeleSignIn, workspace));

        Assert.True(meter["unconfirmed"] >= 1);
    }
}
