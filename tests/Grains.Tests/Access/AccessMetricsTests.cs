using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using EngageCenter.Access;
using EngageCenter.Storage;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>
/// What an operator sees of docs/coherence.md. Listens to the whole process, other tests' clusters included: what is
/// asserted is what this test made grow.
/// </summary>
public sealed class AccessMetricsTests : IClassFixture<GrainCluster>, IDisposable
{
    private const string Prefix = "engagecenter.access.";

    private readonly GrainCluster cluster;
    private readonly Contoso contoso;
    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<string, double> measured = [];

    public AccessMetricsTests(GrainCluster cluster)
    {
        (this.cluster, contoso) = (cluster, new(cluster));
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name == AccessMetrics.MeterName)
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(instrument, value));
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Add(instrument, value));
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => Add(instrument, 1));
        listener.Start();
    }

    public void Dispose()
    {
        cluster.Store.Fate = (_, _) => RowFate.Happens;
        listener.Dispose();
    }

    [Fact]
    public async Task Leases_and_recalls_are_counted()
    {
        var workspace = await contoso.Workspace();
        await contoso.StandingOf(contoso.AdeleSignIn, workspace);
        listener.RecordObservableInstruments();
        Assert.True(measured["leases"] >= 1);
        Assert.True(measured["leases.held"] >= 1);

        await contoso.Grant(workspace, Guid.NewGuid(), Roles.User);

        Assert.True(measured["recalls"] >= 1);
        Assert.True(measured["recall.duration"] >= 1);
    }

    [Fact]
    public async Task A_take_over_is_counted()
    {
        var workspace = await contoso.Workspace();
        await cluster.Forget();

        await contoso.StandingOf(contoso.AdeleSignIn, workspace);

        Assert.True(measured["takeovers"] >= 1);
    }

    [Fact]
    public async Task A_decision_that_cannot_be_confirmed_is_counted()
    {
        var workspace = await contoso.Workspace();
        await cluster.Forget();
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Read && name == "workspace" ? RowFate.Fails : RowFate.Happens;

        Assert.Equal(Standing.Unconfirmed, await contoso.StandingOf(contoso.AdeleSignIn, workspace));

        Assert.True(measured["unconfirmed"] >= 1);
    }

    private void Add(Instrument instrument, double value) =>
        measured.AddOrUpdate(instrument.Name[Prefix.Length..], value, (_, before) => before + value);
}
