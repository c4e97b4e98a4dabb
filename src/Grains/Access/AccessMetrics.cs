using System.Diagnostics.Metrics;

namespace EngageCenter.Access;

/// <summary>What can be seen of access coherence from outside: the meter <see cref="MeterName"/>.</summary>
internal sealed class AccessMetrics
{
    public const string MeterName = "EngageCenter.Access";

    private readonly Counter<long> takeovers;
    private readonly Counter<long> authorityLost;
    private readonly Counter<long> leases;
    private readonly Counter<long> recalls;
    private readonly Counter<long> silentHolders;
    private readonly Counter<long> unconfirmed;
    private readonly Histogram<double> recallDuration;
    private readonly Meter meter;

    public AccessMetrics(IMeterFactory factory)
    {
        meter = factory.Create(MeterName);
        takeovers = meter.CreateCounter<long>("engagecenter.access.takeovers", "{takeover}", "Activations of workspaces that took the policy over.");
        authorityLost = meter.CreateCounter<long>("engagecenter.access.authority_lost", "{activation}", "Activations that found another owner.");
        leases = meter.CreateCounter<long>("engagecenter.access.leases", "{lease}", "Leases that this silo was granted.");
        recalls = meter.CreateCounter<long>("engagecenter.access.recalls", "{recall}", "Leases that this silo's workspaces took back.");
        silentHolders = meter.CreateCounter<long>("engagecenter.access.silent_holders", "{lease}", "Leases that a change had to wait out.");
        unconfirmed = meter.CreateCounter<long>("engagecenter.access.unconfirmed", "{decision}", "Decisions that could not be confirmed.");
        recallDuration = meter.CreateHistogram<double>("engagecenter.access.recall.duration", "s", "From a recall to a silo's answer.");
    }

    public void TookOver() => takeovers.Add(1);

    public void LostAuthority() => authorityLost.Add(1);

    public void Leased() => leases.Add(1);

    public void SilentHolders(int count) => silentHolders.Add(count);

    public void Unconfirmed() => unconfirmed.Add(1);

    public void Recalling() => recalls.Add(1);

    public void Recalled(TimeSpan after) => recallDuration.Record(after.TotalSeconds);

    /// <summary>Called once, by who knows.</summary>
    public void ObserveLeases(Func<int> held) =>
        meter.CreateObservableUpDownCounter("engagecenter.access.leases.held", held, "{lease}", "Leases out to this silo: policies that it may decide by now.");
}
