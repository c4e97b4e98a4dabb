using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace EngageCenter.Directories;

/// <summary>What a silo measures of directories, under the meter <see cref="MeterName"/>.</summary>
internal sealed class DirectoryMetrics
{
    public const string MeterName = "EngageCenter.Directory";

    private readonly Histogram<double> requests;
    private readonly Counter<long> held;
    private readonly Histogram<double> rounds;
    private readonly Counter<long> resyncs;

    public DirectoryMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(new MeterOptions(MeterName));
        requests = meter.CreateHistogram<double>("engagecenter.directory.requests", "s", "Requests to tenants' directories, by outcome: answered, throttled, failed.");
        rounds = meter.CreateHistogram<double>("engagecenter.directory.rounds", "s", "Rounds of reading what changed of the groups of a tenant, by outcome: complete, incomplete.");
        resyncs = meter.CreateCounter<long>("engagecenter.directory.resyncs", "{resync}", "Changes that were no longer told, after which everybody in the groups was observed anew.");
        held = meter.CreateCounter<long>("engagecenter.directory.held_back", "{request}", "Requests that were not sent, since the directory is paused for or the budget is spent.");
    }

    public void Requested(TimeSpan took, string outcome) => requests.Record(took.TotalSeconds, new TagList { { "outcome", outcome } });

    /// <param name="took">How long a round of changes took.</param>
    /// <param name="isComplete">Whether everybody whom it concerned was observed.</param>
    public void Followed(TimeSpan took, bool isComplete) => rounds.Record(took.TotalSeconds, new TagList { { "outcome", isComplete ? "complete" : "incomplete" } });

    public void Resynced() => resyncs.Add(1);

    public void HeldBack() => held.Add(1);
}
