using System.Diagnostics;

namespace EngageCenter.Cluster.Tests;

/// <summary>One fault after another, from a seed. Each round ends when all silos are ready again.</summary>
internal sealed class Chaos(RunningCluster cluster, int seed)
{
    // Longer than a lease and an authority together.
    private static readonly TimeSpan shortestPause = RunningCluster.Lease + RunningCluster.Authority + TimeSpan.FromSeconds(1);
    private static readonly TimeSpan longestPause = shortestPause + TimeSpan.FromSeconds(3);
    private static readonly TimeSpan longestAbsence = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan recovery = TimeSpan.FromSeconds(60);

    private readonly Random random = new(seed);

    public int Rounds { get; private set; }

    public int Kills { get; private set; }

    public int Pauses { get; private set; }

    /// <summary>Silos that found themselves declared dead, and ended.</summary>
    public int Expelled { get; private set; }

    public async Task Round()
    {
        var (one, other) = Pick();
        switch (Rounds++ % 4)
        {
            case 0:
                await Kill(one, TimeSpan.Zero);
                break;
            case 1:
                await Pause(one);
                break;
            case 2:
                await Kill(one, longestAbsence * random.NextDouble());
                break;
            default:
                await Task.WhenAll(Pause(one), Kill(other, longestAbsence * random.NextDouble()));
                break;
        }

        foreach (var silo in cluster.SiloNodes)
        {
            await Recover(silo);
        }
    }

    private (Node One, Node Other) Pick()
    {
        var one = random.Next(cluster.SiloNodes.Count);
        return (cluster.SiloNodes[one], cluster.SiloNodes[(one + random.Next(1, cluster.SiloNodes.Count)) % cluster.SiloNodes.Count]);
    }

    private async Task Kill(Node silo, TimeSpan absence)
    {
        await silo.Kill();
        Kills++;
        await For(absence);
        await silo.Relaunch();
    }

    private async Task Pause(Node silo)
    {
        var length = shortestPause + ((longestPause - shortestPause) * random.NextDouble());
        await silo.Pause();
        try
        {
            await For(length);
        }
        finally
        {
            await silo.Resume();
        }

        Pauses++;
    }

    // Whether it was declared dead a silo learns some time after its pause, also when it seemed well again before.
    private async Task Recover(Node silo)
    {
        await Until.True(async () => silo.HasEnded || await silo.IsReady(), recovery, $"{silo.Name} goes on or ends. {silo}");
        if (silo.HasEnded)
        {
            Expelled++;
            await silo.Relaunch();
            await silo.Ready();
        }
    }

    // How long a fault lasts is the fault: there is nothing else to wait for.
    private static Task For(TimeSpan length)
    {
        var since = Stopwatch.GetTimestamp();
        return Until.True(() => Task.FromResult(Stopwatch.GetElapsedTime(since) >= length), TimeSpan.FromMinutes(1), "the time passes");
    }
}
