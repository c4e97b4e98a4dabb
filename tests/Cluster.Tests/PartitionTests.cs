using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// A silo is alive but cut off: from the other silos, from storage and from Redis, one after the other. Web nodes can reach it all
/// the time. The processes are in network namespaces, so that connections stand still, as after a cable was cut.
/// </summary>
public class PartitionTests(ITestOutputHelper output)
{
    private const int Members = 6;
    private const int Workspaces = 6;

    // Longer than it takes to declare a silo dead, and longer than authority and lease together.
    private static readonly TimeSpan length = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan recovery = TimeSpan.FromSeconds(90);

    [PartitionFact]
    public async Task Isolated_silo_loses_no_change_and_gives_no_stale_answer()
    {
        await using var cluster = await RunningCluster.Start(new(Members), azurite: true, network: true);
        using var client = new ClusterClient(cluster);
        using var load = new Load(cluster, client, Workspaces);
        List<Fault> cuts = [];
        try
        {
            await load.SetUp(Members);
            var running = load.Run(checkEvery: TimeSpan.FromMilliseconds(100), changeEvery: TimeSpan.FromMilliseconds(200));
            try
            {
                await GoesOn(load, Stopwatch.GetTimestamp());
                foreach (var (reaches, silo, others) in new[]
                {
                    ("storage and not its peers", 0, (int[])[1, 2]),
                    ("its peers and not storage", 1, [RunningCluster.Silos + 1]),
                    ("all but the membership", 2, [RunningCluster.Silos]),
                })
                {
                    cuts.Add(await CutOff(cluster, reaches, silo, others));
                    await GoesOn(load, cuts[^1].End);
                }
            }
            finally
            {
                await load.EndAsync();
                await running;
            }

            await load.ReadEnd();
            Assert.Empty(await Owners.MoreThanOne(cluster, load.WorkspaceIds));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{cluster}", e);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            checks answered: {load.History.Checks.Count}, not answered or 503: {load.Unanswered}; changes acknowledged: {load.Acknowledged}, unknown: {load.Unknown}
            longest time without an answer: {load.LongestSilence().TotalSeconds:F1} s
            {string.Join('\n', cuts.Select(c => $"{c.Name}: next check after {load.NextSuccess(c.Start).Check?.TotalSeconds:F2} s, next change after {load.NextSuccess(c.Start).Change?.TotalSeconds:F2} s"))}
            """));
        var violations = load.History.Violations();
        Assert.True(violations.Count == 0, $"{violations.Count} violations:\n{string.Join('\n', violations.Take(20))}\n{cluster}");
        Assert.True(load.Surprises.IsEmpty, $"{load.Surprises.Count} surprises:\n{string.Join('\n', load.Surprises.Take(20))}\n{cluster}");
        Assert.True(load.Acknowledged > 50, "Too few changes.");
    }

    private static Task GoesOn(Load load, long since) =>
        Until.True(() => Task.FromResult(load.NextSuccess(since) is { Check: not null, Change: not null }), recovery, "it goes on");

    private static async Task<Fault> CutOff(RunningCluster cluster, string reaches, int silo, int[] from)
    {
        var start = Stopwatch.GetTimestamp();
        foreach (var other in from)
        {
            await cluster.Network!.Cut(cluster.PlaceOf(silo), cluster.PlaceOf(other));
            Assert.False(await Network.Reaches(cluster.PlaceOf(silo), cluster.PlaceOf(other)));
        }

        // The duration is part of the fault.
        await Until.True(() => Task.FromResult(Stopwatch.GetElapsedTime(start) >= length), 2 * length, "the time passes");
        await cluster.Network!.Heal();
        foreach (var other in from)
        {
            Assert.True(await Network.Reaches(cluster.PlaceOf(silo), cluster.PlaceOf(other)));
        }

        var end = Stopwatch.GetTimestamp();
        var expelled = "";
        foreach (var node in cluster.SiloNodes)
        {
            await Until.True(async () => node.HasEnded || await node.IsReady(), recovery, $"{node.Name} goes on or ends. {node}");
            if (node.HasEnded)
            {
                expelled += $", {node.Name} found itself declared dead";
                await node.Relaunch();
                await node.Ready();
            }
        }

        return new($"silo-{silo} reaches {reaches}{expelled}", start, end);
    }
}

/// <summary>Skipped with a message if network namespaces cannot be created; never skipped in CI.</summary>
internal sealed class PartitionFactAttribute : FactAttribute
{
    public PartitionFactAttribute()
    {
        if (!Network.IsPossible && Environment.GetEnvironmentVariable("CI") is null)
        {
            // Only root on Linux can cut off processes of one machine from each other. On a developer's machine the test is skipped
            // without that; in CI it fails instead.
            Skip = "Needs Linux, root and the program ip (Debian's package iproute2) for network namespaces.";
        }
    }
}
