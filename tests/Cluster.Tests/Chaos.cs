using System.Diagnostics;

namespace EngageCenter.Cluster.Tests;

/// <summary>A fault, and when it began. Its effects are over at <paramref name="End"/>.</summary>
internal sealed record Fault(string Name, long Start, long End);

/// <summary>Causes one fault after another, drawn from a seed. A round ends when all nodes are ready again.</summary>
internal sealed class Chaos
{
    // Longer than a lease and an authority together.
    private static readonly TimeSpan shortestPause = RunningCluster.Lease + RunningCluster.Authority + TimeSpan.FromSeconds(1);

    // Long enough that the others declare it dead and it finds that out.
    private static readonly TimeSpan longestPause = shortestPause + TimeSpan.FromSeconds(12);
    private static readonly TimeSpan longestAbsence = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan recovery = TimeSpan.FromSeconds(90);

    private readonly RunningCluster cluster;
    private readonly Random random;
    private readonly (string Name, Func<Task> Happens)[] kinds;
    private readonly Queue<(string Name, Func<Task> Happens)> next = new();

    private Chaos(RunningCluster cluster, int seed, Func<Chaos, (string, Func<Task>)[]> kinds)
    {
        (this.cluster, random) = (cluster, new(seed));
        this.kinds = kinds(this);
    }

    public List<Fault> Faults { get; } = [];

    /// <summary>How often every kind of fault has happened.</summary>
    public int Rounds => Faults.Count / kinds.Length;

    /// <summary>Silos that ended because they had been declared dead.</summary>
    public int Expelled { get; private set; }

    /// <summary>Faults of silos.</summary>
    public static Chaos OfSilos(RunningCluster cluster, int seed) => new(cluster, seed, c =>
    [
        ("silo killed", () => Kill(c.Silo(), TimeSpan.Zero)),
        ("silo paused", () => c.Pause(c.Silo())),
        ("silo killed and away", () => Kill(c.Silo(), c.Absence())),
        ("one silo paused, another killed", c.PauseOneAndKillAnother),
    ]);

    /// <summary>Faults of silos and of web nodes, which hold leases as well.</summary>
    public static Chaos OfHolders(RunningCluster cluster, int seed) => new(cluster, seed, c =>
    [
        ("silo killed", () => Kill(c.Silo(), c.Absence())),
        ("silo paused", () => c.Pause(c.Silo())),
        ("one silo paused, another killed", c.PauseOneAndKillAnother),
        ("web node killed", () => Kill(c.Web(), c.Absence())),
        ("web node paused", () => c.Pause(c.Web())),
        ("web node paused, a silo killed", () => Task.WhenAll(c.Pause(c.Web()), Kill(c.Silo(), c.Absence()))),
    ]);

    /// <summary>Faults of any process.</summary>
    public static Chaos OfAll(RunningCluster cluster, int seed) => new(cluster, seed, c =>
    [
        ("silo killed", () => Kill(c.Silo(), c.Absence())),
        ("silo paused", () => c.Pause(c.Silo())),
        ("one silo paused, another killed", c.PauseOneAndKillAnother),
        ("silo rolled", () => Roll(c.Silo())),
        ("silo added and removed", c.AddAndRemove),
        ("web node killed", () => Kill(c.Web(), c.Absence())),
        ("web node paused", () => c.Pause(c.Web())),
        ("web node rolled", () => Roll(c.Web())),
        .. cluster.Redis is { } redis ? [("Redis restarted", () => Restart(redis, c.Absence()))] : ((string, Func<Task>)[])[],
        ("Azurite stopped and started", async () =>
        {
            await cluster.Azurite!.Stop();
            await For(c.Absence());
            await cluster.Azurite.Relaunch();
        }),
    ]);

    /// <summary>Causes one fault. Each kind comes once before any comes again.</summary>
    public async Task Next()
    {
        if (next.Count == 0)
        {
            var order = kinds.ToArray();
            random.Shuffle(order);
            foreach (var kind in order)
            {
                next.Enqueue(kind);
            }
        }

        var (name, happens) = next.Dequeue();
        var start = Stopwatch.GetTimestamp();
        await happens();
        Faults.Add(new(name, start, Stopwatch.GetTimestamp()));
        foreach (var node in cluster.SiloNodes.Concat(cluster.Web))
        {
            await Recover(node);
        }
    }

    private Node Silo() => cluster.SiloNodes[random.Next(cluster.SiloNodes.Count)];

    private Node Web() => cluster.Web[random.Next(cluster.Web.Count)];

    private TimeSpan Absence() => longestAbsence * random.NextDouble();

    private Task PauseOneAndKillAnother()
    {
        var one = random.Next(cluster.SiloNodes.Count);
        var other = (one + random.Next(1, cluster.SiloNodes.Count)) % cluster.SiloNodes.Count;
        return Task.WhenAll(Pause(cluster.SiloNodes[one]), Kill(cluster.SiloNodes[other], Absence()));
    }

    private static async Task Restart(Redis redis, TimeSpan absence)
    {
        await redis.Kill();
        await For(absence);
        await redis.Relaunch();
    }

    private static async Task Kill(Node node, TimeSpan absence)
    {
        await node.Kill();
        await For(absence);
        await node.Relaunch();
    }

    private async Task Pause(Node node)
    {
        var length = shortestPause + ((longestPause - shortestPause) * random.NextDouble());
        await node.Pause();
        try
        {
            await For(length);
        }
        finally
        {
            await node.Resume();
        }
    }

    private static async Task Roll(Node node)
    {
        var code = await node.Stop();
        Assert.True(code == 0, $"{node.Name} ended with {code}. {node}");
        await node.Relaunch();
    }

    private async Task AddAndRemove()
    {
        var silo = await cluster.AddSilo();
        await For(Absence());
        await cluster.RemoveSilo(silo);
    }

    // A silo learns some time after its pause whether it was declared dead, even if it seemed well before.
    private async Task Recover(Node node)
    {
        await Until.True(async () => node.HasEnded || await node.IsReady(), recovery, $"{node.Name} goes on or ends. {node}");
        if (node.HasEnded)
        {
            Expelled++;
            await node.Relaunch();
            await node.Ready();
        }
    }

    // The duration is part of the fault, so there is no condition to wait for.
    private static Task For(TimeSpan length)
    {
        var since = Stopwatch.GetTimestamp();
        return Until.True(() => Task.FromResult(Stopwatch.GetElapsedTime(since) >= length), TimeSpan.FromMinutes(1), "the time passes");
    }
}
