using System.Globalization;
using System.Net;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// What a small production has, on one machine: three silos and two web nodes as processes, Redis for membership, one
/// SQLite file as the storage of all, and LocalEntra. All ends with it, by the ids of the processes.
/// </summary>
internal sealed class RunningCluster : IAsyncDisposable
{
    public const int Silos = 3;
    public const int WebNodes = 2;

    /// <summary>Shorter than in production, so that a fault that outlasts both takes seconds.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan Authority = TimeSpan.FromSeconds(3);

    private readonly TempFolder folder = new();
    private readonly List<Node> nodes = [];
    private Redis? redis;

    private readonly IReadOnlyDictionary<string, string> ofAll;

    private RunningCluster(IReadOnlyDictionary<string, string> settings) => ofAll = settings;

    public Node Entra { get; private set; } = null!;

    public IReadOnlyList<Node> SiloNodes { get; private set; } = [];

    public IReadOnlyList<Node> Web { get; private set; } = [];

    /// <param name="settings">Of every silo and web node; they win over those that all clusters have.</param>
    public static async Task<RunningCluster> Start(
        Organization organization, int silos = Silos, int webNodes = WebNodes, IReadOnlyDictionary<string, string>? settings = null)
    {
        var cluster = new RunningCluster(settings ?? new Dictionary<string, string>());
        try
        {
            await cluster.StartAll(organization, silos, webNodes);
            return cluster;
        }
        catch (Exception e)
        {
            var logs = cluster.ToString();
            await cluster.DisposeAsync();
            throw new InvalidOperationException($"The cluster did not start. {e.Message}\n{logs}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        if (redis is not null)
        {
            await redis.DisposeAsync();
        }

        folder.Dispose();
    }

    /// <summary>What all of them said last.</summary>
    public override string ToString() => string.Join('\n', nodes);

    private async Task StartAll(Organization organization, int silos, int webNodes)
    {
        redis = await Redis.Start(folder.Path);
        Entra = Add("entra", "EngageCenter.LocalEntra.dll", port => new()
        {
            ["LocalEntra__Url"] = Url(port),
            ["LocalEntra__DirectoryFile"] = folder.Write("directory.json", organization.Directory().ToJsonString()),
            ["LocalEntra__KeyFile"] = folder.File("key.pem"),
            ["LocalEntra__TokenLifetime"] = "12:00:00",
        });
        SiloNodes = [.. Enumerable.Range(0, silos).Select(n => Add($"silo-{n}", "EngageCenter.Silo.dll", port => new(Membership())
        {
            ["Silo__Url"] = Url(port),
            ["Storage__SqliteFile"] = folder.File("engage-center.db"),
            ["Orleans__Endpoints__AdvertisedIPAddress"] = IPAddress.Loopback.ToString(),
            ["Orleans__Endpoints__SiloPort"] = Number(FreePort.Next()),
            ["Orleans__Endpoints__GatewayPort"] = Number(FreePort.Next()),
            ["Access__Lease"] = Lease.ToString(),
            ["Access__Authority"] = Authority.ToString(),

            // A silo that was paused is now noticed before it goes on, and now only afterwards.
            ["Orleans__Membership__ProbeTimeout"] = "00:00:01.5",
            ["Orleans__Membership__NumMissedProbesLimit"] = "3",
            ["Orleans__Membership__TableRefreshTimeout"] = "00:00:05",
        }))];
        Web = [.. Enumerable.Range(0, webNodes).Select(n => Add($"web-{n}", "EngageCenter.WebApi.dll", port => new(Membership())
        {
            ["WebApi__Url"] = Url(port),
            ["AzureAd__Instance"] = Entra.Url.ToString(),
            ["AzureAd__TenantId"] = "common",
        }))];

        foreach (var node in nodes)
        {
            node.Launch();
        }

        await Task.WhenAll(nodes.Select(n => n.Ready()));
    }

    private Dictionary<string, string> Membership() => new()
    {
        ["Orleans__Clustering__ProviderType"] = "Redis",
        ["Orleans__Clustering__ConnectionString"] = redis!.ConnectionString,
        ["Orleans__ClusterId"] = "cluster-tests",
    };

    private Node Add(string name, string program, Func<int, Dictionary<string, string>> settings)
    {
        var port = FreePort.Next();
        var all = settings(port);
        all["ASPNETCORE_ENVIRONMENT"] = "Development";
        all["Logging__LogLevel__Default"] = "Warning";

        // Whoever stops a node here says what to expect of it.
        all["Shutdown__DrainDelay"] = "00:00:00";
        all["Logging__LogLevel__Microsoft.Extensions.Diagnostics.HealthChecks"] = "None";

        foreach (var (key, value) in ofAll)
        {
            all[key] = value;
        }

        // Six of them share this machine's memory.
        all["DOTNET_gcServer"] = "0";
        var node = new Node(name, program, folder.Path, port, all);
        nodes.Add(node);
        return node;
    }

    private static string Url(int port) => $"http://{IPAddress.Loopback}:{Number(port)}";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
