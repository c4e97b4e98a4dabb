using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// Measures revocations without faults while members check all the time. <c>MEMBERS=100000</c> sets the size of the group,
/// <c>MEASURED</c> the number of measured changes, <c>WARMUP</c> the number of changes before those, while the new processes still
/// compile most of what they run, and <c>DECISIONS</c> how many decisions web nodes keep (with 0, silos lend none).
/// <c>CHANGE_EVERY</c> and <c>CHECK_EVERY</c> set the pauses, in milliseconds, between two changes of a workspace and between two
/// checks of a member through a web node.
/// </summary>
public class RevocationLatencyTests(ITestOutputHelper output)
{
    private const int SignedIn = 10;
    private const int Workspaces = 4;

    private static readonly TimeSpan bound = TimeSpan.FromMinutes(5);
    private static readonly int members = CoherenceTests.Setting("MEMBERS", 1_000);
    private static readonly int measured = CoherenceTests.Setting("MEASURED", 200);
    private static readonly int warmUp = CoherenceTests.Setting("WARMUP", 100);
    private static readonly TimeSpan changeEvery = TimeSpan.FromMilliseconds(CoherenceTests.Setting("CHANGE_EVERY", 50));
    private static readonly TimeSpan checkEvery = TimeSpan.FromMilliseconds(CoherenceTests.Setting("CHECK_EVERY", 20));

    [Fact]
    public async Task Every_change_is_acknowledged_and_every_check_answered_without_faults()
    {
        await using var cluster = await RunningCluster.Start(new(members), settings: RunningCluster.Decisions(CoherenceTests.Setting("DECISIONS", 100_000)));
        using var client = new ClusterClient(cluster);
        using var load = new Load(cluster, client, Workspaces);
        await load.SetUp(Math.Min(SignedIn, members));
        var since = Stopwatch.GetTimestamp();
        var running = load.Run(checkEvery, changeEvery);
        try
        {
            await Until.True(() => Task.FromResult(load.Acknowledged >= warmUp + measured), bound, $"{warmUp + measured} changes are acknowledged");
        }
        finally
        {
            await load.EndAsync();
            await running;
        }

        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        await load.ReadEnd();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {members} members: {Latencies(load.Latencies.Skip(warmUp))}; before that {Latencies(load.Latencies.Take(warmUp))}; meanwhile {load.History.Checks.Count / seconds:F0} checks/s
            """));
        Assert.Empty(load.History.Violations());
        Assert.Empty(load.Surprises);
    }

    private static string Latencies(IEnumerable<TimeSpan> some)
    {
        List<TimeSpan> latencies = [.. some.Order()];
        return latencies.Count == 0 ? "no changes" : string.Create(
            CultureInfo.InvariantCulture, $"{latencies.Count} changes, request to acknowledgement p50 {At(0.5):F1} ms, p99 {At(0.99):F1} ms");

        double At(double part) => latencies[(int)Math.Ceiling(part * latencies.Count) - 1].TotalMilliseconds;
    }
}
