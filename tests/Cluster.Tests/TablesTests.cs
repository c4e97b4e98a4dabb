using System.Diagnostics;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>A cluster on one storage account: state in blobs, members and reminders in tables, no Redis.</summary>
public class TablesTests(ITestOutputHelper output)
{
    private const int Members = 4;
    private const int Workspaces = 4;

    private static readonly TimeSpan recovery = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Cluster_with_members_in_Azure_Tables_survives_the_loss_of_a_silo()
    {
        await using var cluster = await RunningCluster.Start(new(Members), silos: 2, webNodes: 1, tables: true);
        using var client = new ClusterClient(cluster);
        using var load = new Load(cluster, client, Workspaces);
        try
        {
            await load.SetUp(Members);
            var running = load.Run(checkEvery: TimeSpan.FromMilliseconds(100), changeEvery: TimeSpan.FromMilliseconds(200));
            try
            {
                await GoesOn(load);
                await cluster.SiloNodes[0].Kill();
                await GoesOn(load);
                await cluster.SiloNodes[0].Relaunch();
                await cluster.SiloNodes[0].Ready();
                await cluster.AddWeb();
                await GoesOn(load);
            }
            finally
            {
                await load.EndAsync();
                await running;
            }

            await load.ReadEnd();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{cluster}", e);
        }

        output.WriteLine($"checks answered: {load.History.Checks.Count}, changes acknowledged: {load.Acknowledged}");
        Assert.Empty(load.History.Violations());
        Assert.Empty(load.Surprises);
    }

    private static Task GoesOn(Load load)
    {
        var since = Stopwatch.GetTimestamp();
        return Until.True(() => Task.FromResult(load.NextSuccess(since) is { Check: not null, Change: not null }), recovery, "it goes on");
    }
}
