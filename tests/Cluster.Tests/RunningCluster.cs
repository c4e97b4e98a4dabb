using System.Globalization;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// A small production cluster on one machine: silos and web nodes as processes, Redis or Azure Tables for membership, one storage
/// for all, mutual TLS, and LocalEntra. When it is disposed, all processes are ended by their ids.
/// </summary>
internal sealed class RunningCluster : IAsyncDisposable
{
    public const int Silos = 3;
    public const int WebNodes = 2;
    public const string ClusterId = "cluster-tests";

    /// <summary>Shorter than in production, so that a fault that lasts longer than both takes only seconds.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan Authority = TimeSpan.FromSeconds(3);

    private const string Account = "storage";
    private const string ApiClientSecret = "local-development-only";

    private readonly TempFolder folder = new();
    private readonly List<Node> nodes = [];
    private readonly List<Node> silos = [];
    private readonly IReadOnlyDictionary<string, string> ofAll;
    private readonly string build;
    private readonly bool tls;
    private readonly bool metrics;

    private RunningCluster(IReadOnlyDictionary<string, string> settings, string build, bool tls, bool metrics) =>
        (ofAll, this.build, this.tls, this.metrics) = (settings, build, tls, metrics);

    /// <summary>Whether the environment has <c>MEMBERS=tables</c>, for tests that can run on either.</summary>
    public static bool TablesChosen => Environment.GetEnvironmentVariable("MEMBERS") == "tables";

    public Node Entra { get; private set; } = null!;

    /// <summary>The silos that should be running.</summary>
    public IReadOnlyList<Node> SiloNodes => silos;

    public IReadOnlyList<Node> Web { get; private set; } = [];

    /// <summary>The CA that the cluster starts with.</summary>
    public TestAuthority Ca { get; } = new(TimeProvider.System.GetUtcNow());

    /// <summary>The certificate and the trusted CAs of all silos and web nodes.</summary>
    public TlsFolder Tls { get; private set; } = null!;

    /// <summary>Holds members and reminders; null if they are in Azure Tables.</summary>
    public Redis? Redis { get; private set; }

    /// <summary>The storage; null if it is a SQLite file.</summary>
    public Azurite? Azurite { get; private set; }

    /// <summary>Places for each silo, for Redis and for Azurite; null if all are on loopback.</summary>
    public Network? Network { get; private set; }

    /// <param name="settings">For every silo and web node; they override the common settings.</param>
    /// <param name="azurite">Uses Azure Blob Storage instead of SQLite.</param>
    /// <param name="network">Runs silos, Redis and Azurite in network namespaces.</param>
    /// <param name="build">The folder of the programs to run, if not of this build.</param>
    /// <param name="tables">Keeps members and reminders in Azure Tables of the account with the state, without Redis.</param>
    /// <param name="tls">False for programs without TLS.</param>
    /// <param name="metrics">Gives each node metrics on <see cref="Node.MetricsUrl"/>. Silos then use LocalEntra's Graph, so that all metrics exist.</param>
    public static async Task<RunningCluster> Start(
        Organization organization, int silos = Silos, int webNodes = WebNodes, IReadOnlyDictionary<string, string>? settings = null,
        bool azurite = false, bool network = false, string? build = null, bool tls = true, bool tables = false, bool metrics = false)
    {
        var cluster = new RunningCluster(settings ?? new Dictionary<string, string>(), build ?? AppContext.BaseDirectory, tls, metrics);
        try
        {
            await cluster.StartAll(organization, silos, webNodes, azurite || tables, network, tables);
            return cluster;
        }
        catch (Exception e)
        {
            var logs = cluster.ToString();
            await cluster.DisposeAsync();
            throw new InvalidOperationException($"The cluster did not start. {e.Message}\n{logs}", e);
        }
    }

    /// <summary>Settings that limit how many decisions each web node keeps; 0 for none.</summary>
    public static Dictionary<string, string> Decisions(int max) => new()
    {
        ["Access__LendsDecisions"] = max > 0 ? "true" : "false",
        ["WebApi__Decisions__Max"] = Number(max),
    };

    /// <summary>Adds a silo.</summary>
    public async Task<Node> AddSilo()
    {
        var silo = NewSilo();
        silo.Launch();
        await silo.Ready();
        return silo;
    }

    /// <summary>Adds a web node.</summary>
    public async Task<Node> AddWeb()
    {
        var web = NewWeb(Web.Count);
        web.Launch();
        await web.Ready();
        Web = [.. Web, web];
        return web;
    }

    /// <summary>Removes a silo, which ends in order.</summary>
    public async Task RemoveSilo(Node silo)
    {
        silos.Remove(silo);
        await silo.Stop();
    }

    /// <summary>Returns the place of a silo, of Redis (<see cref="Silos"/>) or of Azurite (one more).</summary>
    public Place PlaceOf(int n) => Network?[n] ?? Place.Loopback;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        foreach (var server in new IAsyncDisposable?[] { Redis, Azurite, Network })
        {
            await (server?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        Tls?.Dispose();
        folder.Dispose();
    }

    /// <summary>The last output of all processes.</summary>
    public override string ToString() => string.Join('\n', nodes);

    private async Task StartAll(Organization organization, int siloCount, int webNodes, bool azurite, bool network, bool tables)
    {
        Tls = new(Ca);
        Network = network ? await Network.Create(Silos + 2) : null;
        Redis = tables ? null : await Redis.Start(folder.Folder("redis"), PlaceOf(Silos));
        Azurite = azurite ? await Azurite.Start(folder.Folder("azurite"), inMemory: false, PlaceOf(Silos + 1), withTables: tables) : null;
        Entra = Add("entra", "EngageCenter.LocalEntra.dll", Place.Loopback, port => new()
        {
            ["LocalEntra__Url"] = Url(Place.Loopback, port),
            ["LocalEntra__DirectoryFile"] = folder.Write("directory.json", organization.Directory().ToJsonString()),
            ["LocalEntra__KeyFile"] = folder.File("key.pem"),
            ["LocalEntra__TokenLifetime"] = "12:00:00",
            ["LocalEntra__ApiClientSecret"] = ApiClientSecret,
        });
        for (var n = 0; n < siloCount; n++)
        {
            NewSilo();
        }

        Web = [.. Enumerable.Range(0, webNodes).Select(NewWeb)];

        foreach (var node in nodes)
        {
            node.Launch();
        }

        await Task.WhenAll(nodes.Select(n => n.Ready()));
    }

    private Node NewWeb(int number) => Add($"web-{number}", "EngageCenter.WebApi.dll", Place.Loopback, port => new(Membership())
    {
        ["WebApi__Url"] = Url(Place.Loopback, port),
        ["AzureAd__Instance"] = Entra.Url.ToString(),
        ["AzureAd__TenantId"] = "common",
    });

    private Node NewSilo()
    {
        var number = nodes.Count(n => n.Name.StartsWith("silo", StringComparison.Ordinal));
        var place = number < Silos ? PlaceOf(number) : Place.Loopback;
        var silo = Add($"silo-{number}", "EngageCenter.Silo.dll", place, port => new(Membership().Concat(Storage()).Concat(Directory()))
        {
            ["Silo__Url"] = Url(place, port),
            ["Orleans__Endpoints__AdvertisedIPAddress"] = place.Address.ToString(),
            ["Orleans__Endpoints__SiloPort"] = Number(FreePort.Next()),
            ["Orleans__Endpoints__GatewayPort"] = Number(FreePort.Next()),
            ["Access__Lease"] = Lease.ToString(),
            ["Access__Authority"] = Authority.ToString(),

            // A silo that stands still is declared dead after three times 2 s. Some pauses are shorter, some longer.
            ["Orleans__Membership__ProbeTimeout"] = "00:00:01",
            ["Orleans__Membership__MaxProbeTimeout"] = "00:00:02",
            ["Orleans__Membership__NumMissedProbesLimit"] = "3",
            ["Orleans__Membership__TableRefreshTimeout"] = "00:00:05",
        });
        silos.Add(silo);
        return silo;
    }

    private Dictionary<string, string> Membership()
    {
        Dictionary<string, string> settings = new(tls ? Tls.Settings("__") : new Dictionary<string, string>()) { ["Orleans__ClusterId"] = ClusterId };
        if (Redis is { } redis)
        {
            settings["Orleans__Clustering__ProviderType"] = "Redis";
            settings["Orleans__Clustering__ConnectionString"] = redis.ConnectionString;
        }
        else
        {
            settings["Orleans__Clustering__ProviderType"] = "AzureTableStorage";
            settings["Orleans__Clustering__ServiceKey"] = Account;
            settings[$"ConnectionStrings__{Account}"] = Azurite!.ConnectionString;
        }

        return settings;
    }

    private Dictionary<string, string> Storage() => Azurite is { } azurite
        ? new()
        {
            ["Orleans__GrainStorage__Default__ProviderType"] = "AzureBlobStorage",
            [$"Orleans__GrainStorage__Default__{(Redis is null ? "ServiceKey" : "ConnectionString")}"] = Redis is null ? Account : azurite.ConnectionString,
        }
        : new() { ["Storage__SqliteFile"] = folder.File("engage-center.db") };

    private Dictionary<string, string> Directory() => metrics
        ? new()
        {
            ["Directory__Instance"] = Entra.Url.ToString(),
            ["Directory__Graph"] = new Uri(Entra.Url, "graph/v1.0").ToString(),
            ["Directory__ClientId"] = LocalEntra.LocalEntraOptions.DefaultApiClientId,
            ["Directory__ClientCredentials__0__SourceType"] = "ClientSecret",
            ["Directory__ClientCredentials__0__ClientSecret"] = ApiClientSecret,
            ["Directory__Poll"] = "00:00:01",
        }
        : [];

    private Node Add(string name, string program, Place place, Func<int, Dictionary<string, string>> settings)
    {
        var port = FreePort.Next();
        var all = settings(port);
        all["ASPNETCORE_ENVIRONMENT"] = "Development";
        all["Logging__LogLevel__Default"] = "Warning";

        // A test that stops a node says what should happen.
        all["Shutdown__DrainDelay"] = "00:00:00";
        all["Logging__LogLevel__Microsoft.Extensions.Diagnostics.HealthChecks"] = "None";

        if (metrics)
        {
            all["Metrics__Url"] = Url(place, FreePort.Next());
        }

        foreach (var (key, value) in ofAll)
        {
            all[key] = value;
        }

        // Six hosts share this machine's memory.
        all["DOTNET_gcServer"] = "0";
        var node = new Node(name, program, folder.Path, place, port, all) { Build = build };
        nodes.Add(node);
        return node;
    }

    private static string Url(Place place, int port) => $"http://{place.Address}:{Number(port)}";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
