using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// Kills, pauses, adds and upgrades every kind of process, including the servers that the cluster needs, during changes, checks
/// and reports of cases. <c>FAULTS=200 dotnet test tests/Cluster.Tests --filter Chaos</c> makes a long run; <c>SEED</c> sets
/// another order; <c>MEMBERS=tables</c> keeps members and reminders in Azure Tables, without Redis.
/// </summary>
public class ChaosTests(ITestOutputHelper output)
{
    private const int Members = 6;
    private const int Workspaces = 6;

    // Each kind of fault once; without Redis, one of them twice.
    private static readonly int faults = CoherenceTests.Setting("FAULTS", 10);
    private static readonly int seed = CoherenceTests.Setting("SEED", 1);

    [Fact]
    public async Task Acknowledged_writes_exist_once_after_any_process_was_killed()
    {
        await using var cluster = await RunningCluster.Start(new(Members), azurite: true, tables: RunningCluster.TablesChosen);
        using var client = new ClusterClient(cluster);
        using var load = new Load(cluster, client, Workspaces);
        using var ingestion = new Ingestion(cluster, client);
        var chaos = Chaos.OfAll(cluster, seed);
        var since = Stopwatch.GetTimestamp();
        Dictionary<string, string> cases;
        try
        {
            await load.SetUp(Members);
            await ingestion.SetUp();
            await Under(load, ingestion, chaos);
            await load.ReadEnd();
            cases = await ingestion.Read(load.Manager, load.WorkspaceIds);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{Report(load, ingestion, chaos, since)}\n{cluster}", e);
        }

        output.WriteLine(Report(load, ingestion, chaos, since));
        List<string> violations = [.. load.History.Violations(), .. ingestion.Ledger.Violations(cases)];
        Assert.True(violations.Count == 0, $"{violations.Count} violations, seed {seed}:\n{string.Join('\n', violations.Take(20))}\n{cluster}");
        Assert.True(load.Surprises.IsEmpty, $"{load.Surprises.Count} surprises:\n{string.Join('\n', load.Surprises.Take(20))}\n{cluster}");

        // Checks that the run was meaningful: clients worked during every kind of fault, and everything worked after each.
        Assert.True(chaos.Faults.Count >= faults, "Too few faults.");
        Assert.True(load.Acknowledged >= 5 * faults && ingestion.Ledger.Acknowledged >= 5 * faults, "Too few writes.");
        Assert.True(load.Unknown + ingestion.Ledger.Unanswered > 0, "Nothing was under way when something died.");
        Assert.All(chaos.Faults, f => Assert.True(load.NextSuccess(f.End) is { Check: not null, Change: not null }, $"Nothing succeeded after: {f.Name}"));
    }

    private static async Task Under(Load load, Ingestion ingestion, Chaos chaos)
    {
        var running = Task.WhenAll(
            load.Run(checkEvery: TimeSpan.FromMilliseconds(100), changeEvery: TimeSpan.FromMilliseconds(200)),
            ingestion.Run(load.WorkspaceIds, every: TimeSpan.FromMilliseconds(500)));
        try
        {
            while (chaos.Faults.Count < faults)
            {
                await chaos.Next();
            }

            // It must also work after the last fault.
            var last = chaos.Faults[^1].End;
            await Until.True(() => Task.FromResult(load.NextSuccess(last) is { Check: not null, Change: not null }), TimeSpan.FromSeconds(60), "it goes on");
        }
        finally
        {
            await load.EndAsync();
            await ingestion.EndAsync();
            await running;
        }
    }

    private static string Report(Load load, Ingestion ingestion, Chaos chaos, long since) => string.Create(CultureInfo.InvariantCulture, $"""
        seed {seed}, {Stopwatch.GetElapsedTime(since).TotalSeconds:F0} s, {chaos.Faults.Count} faults, silos expelled: {chaos.Expelled}
        checks answered: {load.History.Checks.Count}, not answered or 503: {load.Unanswered}
        changes acknowledged: {load.Acknowledged}, unknown: {load.Unknown}; batches of cases acknowledged: {ingestion.Ledger.Acknowledged}, unknown: {ingestion.Ledger.Unanswered}
        longest time without an answer: {load.LongestSilence().TotalSeconds:F1} s
        from a fault's start to the next success, median and longest:
        {string.Join('\n', chaos.Faults.GroupBy(f => f.Name).Select(g => $"  {g.Key} ({g.Count()}): check {Times([.. g.Select(f => load.NextSuccess(f.Start).Check)])}, change {Times([.. g.Select(f => load.NextSuccess(f.Start).Change)])}"))}
        """);

    private static string Times(IReadOnlyCollection<TimeSpan?> times)
    {
        List<TimeSpan> known = [.. times.OfType<TimeSpan>().Order()];
        return known.Count == 0
            ? "none"
            : string.Create(CultureInfo.InvariantCulture, $"{known[known.Count / 2].TotalSeconds:F2} s, {known[^1].TotalSeconds:F2} s{(known.Count < times.Count ? ", once never" : "")}");
    }
}
