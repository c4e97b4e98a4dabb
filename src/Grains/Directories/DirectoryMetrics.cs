using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace EngageCenter.Directories;

/// <summary>The metrics of a silo about directories: the meter <see cref="MeterName"/>.</summary>
internal sealed class DirectoryMetrics
{
    public const string MeterName = "EngageCenter.Directory";

    private readonly TimeProvider time;
    private readonly Histogram<double> requests;
    private readonly Counter<long> held;
    private readonly Histogram<double> rounds;
    private readonly Counter<long> resyncs;

    // When the last complete round of each tenant began. Has one entry for each follower on this silo.
    private readonly ConcurrentDictionary<Guid, long> followed = new();

    public DirectoryMetrics(IMeterFactory factory, TimeProvider time)
    {
        this.time = time;
        var meter = factory.Create(new MeterOptions(MeterName));
        requests = meter.CreateHistogram<double>("engagecenter.directory.requests", "s", "Requests to tenants' directories, by outcome: answered, throttled, failed.", tags: null, new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        rounds = meter.CreateHistogram<double>("engagecenter.directory.rounds", "s", "Rounds of reading what changed of the groups of a tenant, by outcome: complete, incomplete.", tags: null, new() { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900] });
        resyncs = meter.CreateCounter<long>("engagecenter.directory.resyncs", "{resync}", "Changes that were no longer told, after which everybody in the groups was observed anew.");
        held = meter.CreateCounter<long>("engagecenter.directory.held_back", "{request}", "Requests that were not sent, since the directory is paused for or the budget is spent.");
        meter.CreateObservableGauge("engagecenter.directory.lag", () => Lag().TotalSeconds, "s", "How long ago the changes of the tenant that is furthest behind, of those that this silo follows, were read to the end.");
        resyncs.Add(0);
        held.Add(0);
    }

    public void Requested(TimeSpan took, string outcome) => requests.Record(took.TotalSeconds, new TagList { { "outcome", outcome } });

    /// <summary>The tenant counts for the lag from now on, until <see cref="Unfollows"/>.</summary>
    public void Follows(Guid tenantId) => followed.TryAdd(tenantId, time.GetTimestamp());

    public void Unfollows(Guid tenantId) => followed.TryRemove(tenantId, out _);

    /// <summary>Called after a poll that observed everybody whom the changes of the tenant concerned.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="begun">The timestamp at which the poll began.</param>
    public void CaughtUp(Guid tenantId, long begun)
    {
        if (followed.TryGetValue(tenantId, out var before))
        {
            followed.TryUpdate(tenantId, begun, before);
        }
    }

    /// <param name="took">How long a round of changes took.</param>
    /// <param name="isComplete">Whether everybody whom it concerned was observed.</param>
    public void Followed(TimeSpan took, bool isComplete) => rounds.Record(took.TotalSeconds, new TagList { { "outcome", isComplete ? "complete" : "incomplete" } });

    public void Resynced() => resyncs.Add(1);

    public void HeldBack() => held.Add(1);

    // The log of its rounds says which tenant it is.
    private TimeSpan Lag() => followed.Values.Select(since => time.GetElapsedTime(since)).DefaultIfEmpty().Max();
}
