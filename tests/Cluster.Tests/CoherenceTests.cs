using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// Tests the promises of docs/understand/coherence.md over TCP, with the real membership and directory and with crashes.
/// <c>CHANGES=10000 dotnet test tests/Cluster.Tests</c> makes a long run; <c>SEED</c> sets other faults;
/// <c>MEMBERS=tables</c> keeps members, reminders and state in one storage account, without Redis.
/// </summary>
public class CoherenceTests(ITestOutputHelper output)
{
    private const int Members = 12;
    private const int Workspaces = 12;
    private const int FewestFaults = 6;

    // At least one in this many checks must be answered from memory.
    private const int LeastFromMemory = 5;

    private static readonly int changes = Setting("CHANGES", 200);
    private static readonly int seed = Setting("SEED", 1);

    [Fact]
    public Task Revoked_right_stays_revoked_while_silos_crash_and_stand_still() => Race(Chaos.OfSilos, decisions: 0);

    /// <summary>Here web nodes answer from memory as well, and hold leases of their own.</summary>
    [Fact]
    public Task Revoked_right_stays_revoked_while_silos_and_web_nodes_crash_and_stand_still() => Race(Chaos.OfHolders, decisions: 10_000);

    private async Task Race(Func<RunningCluster, int, Chaos> trouble, int decisions)
    {
        await using var collector = await Collector.Start(keeps: false);
        var settings = RunningCluster.Decisions(decisions).Concat(collector.Settings).ToDictionary();
        settings["OTEL_METRIC_EXPORT_INTERVAL"] = "500";
        settings["OTEL_TRACES_SAMPLER"] = "always_off";
        await using var cluster = await RunningCluster.Start(new(Members), settings: settings, tables: RunningCluster.TablesChosen);
        using var client = new ClusterClient(cluster);
        using var load = new Load(cluster, client, Workspaces);
        var chaos = trouble(cluster, seed);
        var since = Stopwatch.GetTimestamp();
        try
        {
            await load.SetUp(Members);
            await Under(load, chaos);
            await load.ReadEnd();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{Report(load, chaos, since, FromMemory())}\n{cluster}", e);
        }

        var fromMemory = FromMemory();
        output.WriteLine(Report(load, chaos, since, fromMemory));
        var violations = load.History.Violations();
        Assert.True(violations.Count == 0, $"{violations.Count} violations, seed {seed}:\n{string.Join('\n', violations.Take(20))}\n{cluster}");
        Assert.True(load.Surprises.IsEmpty, $"{load.Surprises.Count} surprises:\n{string.Join('\n', load.Surprises.Take(20))}\n{cluster}");

        // Checks that the run was meaningful.
        Assert.True(load.Acknowledged >= changes, "Too few changes.");
        Assert.True(load.History.Checks.Count >= 3 * changes, "Too few checks.");
        Assert.All([true, false], allowed => Assert.True(load.History.Checks.Count(c => c.Allowed == allowed) >= changes, $"Too few checks answered {allowed}."));
        Assert.All(cluster.Web, web => Assert.Contains(load.History.Checks, c => c.Node == web.Name));
        Assert.True(chaos.Rounds > 0 && chaos.Faults.Count >= FewestFaults, "Too few faults.");
        Assert.True(
            decisions == 0 ? fromMemory <= 0 : fromMemory >= Math.Max(changes, load.History.Checks.Count / LeastFromMemory),
            $"Of {load.History.Checks.Count} checks {fromMemory} were answered from a web node's memory.");

        // The hits that web nodes reported, less one for each change, because a change is let in by a decision too. A killed web node
        // has not reported its last half second.
        long FromMemory() => collector.Count("engagecenter.access.decisions.hits") - (decisions == 0 ? 0 : load.Attempts);
    }

    private static async Task Under(Load load, Chaos chaos)
    {
        var running = load.Run(checkEvery: TimeSpan.FromMilliseconds(100), changeEvery: TimeSpan.FromMilliseconds(200));
        try
        {
            while (chaos.Faults.Count < FewestFaults || load.Acknowledged < changes)
            {
                await chaos.Next();
            }
        }
        finally
        {
            await load.EndAsync();
            await running;
        }
    }

    private static string Report(Load load, Chaos chaos, long since, long fromMemory) => string.Create(CultureInfo.InvariantCulture, $"""
        seed {seed}, {Stopwatch.GetElapsedTime(since).TotalSeconds:F0} s
        checks answered: {load.History.Checks.Count}, of them allowed: {load.History.Checks.Count(c => c.Allowed)}, not answered or 503: {load.Unanswered}; answered from a web node's memory, at least: {fromMemory}
        changes acknowledged: {load.Acknowledged}, unknown: {load.Unknown}
        faults: {string.Join(", ", chaos.Faults.CountBy(f => f.Name).Select(f => $"{f.Key} {f.Value}"))}; silos expelled: {chaos.Expelled}
        longest time without an answer: {load.LongestSilence().TotalSeconds:F1} s
        """);

    internal static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
