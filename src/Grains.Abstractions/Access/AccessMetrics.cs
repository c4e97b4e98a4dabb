using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace EngageCenter.Access;

/// <summary>The metrics of access coherence: the meter <see cref="MeterName"/>.</summary>
internal sealed class AccessMetrics
{
    public const string MeterName = "EngageCenter.Access";

    private readonly Counter<long> takeovers;
    private readonly Counter<long> authorityLost;
    private readonly Counter<long> leases;
    private readonly Counter<long> recalls;
    private readonly Counter<long> givenUp;
    private readonly Counter<long> silentHolders;
    private readonly Counter<long> unconfirmed;
    private readonly Histogram<double> recallDuration;
    private readonly Counter<long> strangers;
    private readonly Counter<long> unlisted;
    private readonly Counter<long> decisionHits;
    private readonly Counter<long> decisionMisses;
    private readonly Counter<long> decisionRecalls;
    private readonly ConcurrentDictionary<string, Func<int>> held = new(StringComparer.Ordinal);

    private Func<int> heldDecisions = () => 0;

    public AccessMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        takeovers = meter.CreateCounter<long>("engagecenter.access.takeovers", "{takeover}", "Activations that took a policy, or a set of known ids, over.");
        authorityLost = meter.CreateCounter<long>("engagecenter.access.authority_lost", "{activation}", "Activations that found another owner.");
        leases = meter.CreateCounter<long>("engagecenter.access.leases", "{lease}", "Leases that this process was granted.");
        recalls = meter.CreateCounter<long>("engagecenter.access.recalls", "{recall}", "Leases that this silo's grains took back.");
        givenUp = meter.CreateCounter<long>("engagecenter.access.leases.given_up", "{lease}", "Valid leases that this process gave up because it had too many.");
        silentHolders = meter.CreateCounter<long>("engagecenter.access.silent_holders", "{lease}", "Leases that a change had to wait out.");
        unconfirmed = meter.CreateCounter<long>("engagecenter.access.unconfirmed", "{decision}", "Decisions that could not be confirmed.");
        recallDuration = meter.CreateHistogram<double>("engagecenter.access.recall.duration", "s", "From a recall to a holder's answer.", tags: null, new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });
        strangers = meter.CreateCounter<long>("engagecenter.access.strangers", "{call}", "Calls for persons whose tenant no agreement names, answered without a grain.");
        unlisted = meter.CreateCounter<long>("engagecenter.access.unlisted", "{person}", "Sign-ins of people for whom a workspace's list of people had no place.");
        decisionHits = meter.CreateCounter<long>("engagecenter.access.decisions.hits", "{decision}", "Decisions that this web node answered from memory, without a grain.");
        decisionMisses = meter.CreateCounter<long>("engagecenter.access.decisions.misses", "{decision}", "Decisions that this web node had to ask a person's grain for.");
        decisionRecalls = meter.CreateCounter<long>("engagecenter.access.decisions.recalls", "{recall}", "Recalls of decisions that this silo sent to web nodes.");
        meter.CreateObservableUpDownCounter("engagecenter.access.decisions.held", () => heldDecisions(), "{decision}", "Decisions in this web node's memory, some perhaps run out or recalled.");
        meter.CreateObservableUpDownCounter(
            "engagecenter.access.leases.held", () => held.Select(h => new Measurement<int>(h.Value(), new KeyValuePair<string, object?>("of", h.Key))), "{lease}",
            "Leases out to this process: what it may decide by now, policies and sets of known ids.");

        // Each counter starts at 0. If it only appeared with its first event, a monitor would not see that increase.
        foreach (var counter in (Counter<long>[])
            [takeovers, authorityLost, leases, recalls, givenUp, silentHolders, unconfirmed, strangers, unlisted, decisionHits, decisionMisses, decisionRecalls])
        {
            counter.Add(0);
        }
    }

    public void TookOver() => takeovers.Add(1);

    public void LostAuthority() => authorityLost.Add(1);

    public void Leased() => leases.Add(1);

    public void GaveUp(int count) => givenUp.Add(count);

    public void SilentHolders(int count) => silentHolders.Add(count);

    public void Unconfirmed() => unconfirmed.Add(1);

    public void Recalling() => recalls.Add(1);

    public void Recalled(TimeSpan after) => recallDuration.Record(after.TotalSeconds);

    public void Stranger() => strangers.Add(1);

    public void Unlisted() => unlisted.Add(1);

    public void FoundDecision(bool isFound) => (isFound ? decisionHits : decisionMisses).Add(1);

    public void RecallingDecisions() => decisionRecalls.Add(1);

    /// <summary>Sets the source of the number of decisions in memory. Called once, by the cache that holds them.</summary>
    public void ObserveDecisions(Func<int> count) => heldDecisions = count;

    /// <summary>Sets the source of the number of leases of one kind. Called once for each kind, by the cache that holds them.</summary>
    public void ObserveLeases(string kind, Func<int> count) => held[kind] = count;
}
