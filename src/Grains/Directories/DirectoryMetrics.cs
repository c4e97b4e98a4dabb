using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace EngageCenter.Directories;

/// <summary>What a silo measures of directories, under the meter <see cref="MeterName"/>.</summary>
internal sealed class DirectoryMetrics
{
    public const string MeterName = "EngageCenter.Directory";

    private readonly Histogram<double> requests;
    private readonly Counter<long> held;

    public DirectoryMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(new MeterOptions(MeterName));
        requests = meter.CreateHistogram<double>("engagecenter.directory.requests", "s", "Requests to tenants' directories, by outcome: answered, throttled, failed.");
        held = meter.CreateCounter<long>("engagecenter.directory.held_back", "{request}", "Requests that were not sent, since the directory is paused for or the budget is spent.");
    }

    public void Requested(TimeSpan took, string outcome) => requests.Record(took.TotalSeconds, new TagList { { "outcome", outcome } });

    public void HeldBack() => held.Add(1);
}
