using EngageCenter.Directories;
using EngageCenter.Reminders;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Providers;

namespace EngageCenter;

/// <summary>
/// Composes a silo of the service: in a process of its own, within a development host, or within a test. The only
/// place that names a provider of storage; one of clustering is named by web nodes too, which find the silos by it.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term><c>Orleans:Clustering</c></term><description>A clustering provider, by <c>ProviderType</c>: <c>Redis</c>, with
/// its <c>ConnectionString</c>, or <c>AzureTableStorage</c>, with what <see cref="ClusterTables"/> reads. Without it the silo is a cluster of its own that listens on loopback.</description></item>
/// <item><term><c>Orleans:Membership</c></term><description>When a silo that does not answer counts as dead: Orleans' own
/// <see cref="ClusterMembershipOptions"/>, here after <c>NumMissedProbesLimit</c> (3) times <c>MaxProbeTimeout</c> (5 s).
/// A silo that was paused for longer than that ends when it comes back.</description></item>
/// <item><term><c>Orleans:Endpoints:SiloPort</c>, <c>GatewayPort</c>, <c>AdvertisedIPAddress</c></term><description>11111,
/// 30000, and the machine's own address, or loopback for a cluster of its own.</description></item>
/// <item><term><c>Clustering:Tls</c></term><description><see cref="ClusterTlsOptions"/>: mutual TLS with other silos and with
/// web nodes. Required outside Development, unless it listens on loopback only.</description></item>
/// <item><term><c>Orleans:GrainStorage:Default</c></term><description>A storage provider, by <c>ProviderType</c>, such as
/// <c>AzureBlobStorage</c> with its <c>ServiceKey</c> or <c>ConnectionString</c>. Without it, SQLite.</description></item>
/// <item><term><c>ConnectionStrings:&lt;ServiceKey&gt;</c></term><description>The account of that storage, or of that clustering: its
/// address, for a managed identity, or a connection string.</description></item>
/// <item><term><c>Orleans:Reminders</c></term><description>A provider of reminders, by <c>ProviderType</c>: <c>Redis</c>,
/// <c>AzureTableStorage</c>, <c>AdoNet</c>, <c>Memory</c>. Without it the Redis or the Azure Tables of <c>Orleans:Clustering</c>
/// have them, and for a cluster on one machine the SQLite file, also where the grains' state is elsewhere.</description></item>
/// <item><term><c>Storage:SqliteFile</c></term><description><c>.data/engage-center.db</c>, relative to the working
/// directory. Its folder is created.</description></item>
/// <item><term><c>Directory</c></term><description><see cref="DirectoryOptions"/>: Microsoft Graph, for whoever is in more groups
/// than a token has. Without it they are answered 503 where the contract does not let them in.</description></item>
/// <item><term><c>Dashboard:Enabled</c></term><description>False. Whether the silo collects what the dashboard of the web nodes
/// shows; they have the same setting.</description></item>
/// <item><term><c>Orleans:ServiceId</c></term><description><c>engage-center</c>. It is a part of every stored row's key:
/// changing it hides what is stored. Web nodes need the same one.</description></item>
/// </list>
/// </remarks>
public static class SiloHost
{
    /// <summary>A grain call that takes longer fails with a <see cref="TimeoutException"/>.</summary>
    public static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Three of them unanswered, and a silo is declared dead: after 15 s.</summary>
    public static readonly TimeSpan LongestProbe = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Requests that wait for one activation; more are refused with a <c>LimitExceededException</c>. Orleans itself
    /// sets no limit, and a queue that cannot be worked off within the response timeout only uses up memory.
    /// </summary>
    public const int MaxEnqueuedRequests = 10_000;

    /// <summary>
    /// How long an activation may take to let go in order. A workspace's recalls its leases, waits out one that is not
    /// given back, and marks its policy released, so that the next owner need not wait; what takes longer is given up,
    /// and then the next owner does wait. Orleans' own value, said here since the time for a shutdown is made of it.
    /// </summary>
    public static readonly TimeSpan DeactivationTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Adds the silo, its storage and its health checks (tagged <see cref="SiloHealth.ReadyTag"/>).</summary>
    /// <exception cref="OrleansConfigurationException">The settings do not say where reminders or state are kept.</exception>
    /// <exception cref="InvalidOperationException">A setting of TLS is not usable, here or when the host starts.</exception>
    /// <exception cref="StorageFileException">Not here but when the host starts: the SQLite file is unusable.</exception>
    public static IHostApplicationBuilder AddEngageCenterSilo(this IHostApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.UseOrleans(silo => silo
            .AddLimits().AddClustering().AddClusterTables().AddClusterTls().AddEngageCenterGrains().AddDirectory(builder.Environment).StoreStateAsJson().AddStorage().AddBlobStorage()
            .CheckStoredRows().AddReminderTable().AddTracing().AddDashboardWhereEnabled());
        builder.AddSiloHealth();

        // Two lines for each placement of a grain.
        builder.Logging.AddFilter("Polly", LogLevel.Warning);

        // Pages of text for each token, and for each that is not had; the grain that asks says why in a line.
        builder.Logging.AddFilter("Microsoft.Identity.Web.TokenAcquisition", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.Identity.Web.MergedOptions", LogLevel.Error);
        return builder;
    }

    /// <summary>
    /// Of the memory that the process may have, in percent: from here on activations end, those used longest ago first,
    /// until <see cref="MemoryAfterShedding"/> is left in use. Of the 768 MiB that .NET takes of deploy/'s 1 GiB, that is
    /// from 614 MiB down to 538 MiB.
    /// </summary>
    public const int MemoryBeforeShedding = 80;

    /// <summary>See <see cref="MemoryBeforeShedding"/>.</summary>
    public const int MemoryAfterShedding = 70;

    /// <summary>
    /// From here on, in percent, a silo refuses what comes through its gateway: a web node then answers 503, and its
    /// callers come again. A silo that went on would end with all its activations, those of members too.
    /// </summary>
    public const int MemoryOfRefusal = 92;

    /// <summary>
    /// Grains on other silos whose place a silo remembers, some 300 bytes each; the one asked for longest ago is forgotten
    /// first. Orleans' own value, 1,000,000, is a third of the memory that deploy/ gives a silo.
    /// </summary>
    public const int MaxKnownPlaces = 100_000;

    private static ISiloBuilder AddLimits(this ISiloBuilder silo) => silo
        .Configure<GrainCollectionOptions>(options =>
        {
            options.DeactivationTimeout = DeactivationTimeout;
            options.EnableActivationSheddingOnMemoryPressure = true;
            options.MemoryUsageLimitPercentage = MemoryBeforeShedding;
            options.MemoryUsageTargetPercentage = MemoryAfterShedding;
            options.MemoryUsagePollingPeriod = TimeSpan.FromSeconds(1);
        })
        .Configure<LoadSheddingOptions>(options =>
        {
            // A busy processor makes everything slower, and lets everybody in: never more than 100 percent.
            options.LoadSheddingEnabled = true;
            options.CpuThreshold = 100;
            options.MemoryThreshold = MemoryOfRefusal;
        })
        .Configure<GrainDirectoryOptions>(options => options.CacheSize = MaxKnownPlaces)
        .Configure<SiloMessagingOptions>(options =>
        {
            options.ResponseTimeout = ResponseTimeout;
            options.MaxEnqueuedRequestsSoftLimit = MaxEnqueuedRequests / 10;
            options.MaxEnqueuedRequestsHardLimit = MaxEnqueuedRequests;
            options.MaxEnqueuedRequestsSoftLimit_StatelessWorker = MaxEnqueuedRequests / 10;
            options.MaxEnqueuedRequestsHardLimit_StatelessWorker = MaxEnqueuedRequests;
        });

    private static ISiloBuilder AddClustering(this ISiloBuilder silo)
    {
        // Orleans has a default of its own, 'default', which says nothing in a file or a server that others share.
        if (string.IsNullOrWhiteSpace(silo.Configuration["Orleans:ServiceId"]))
        {
            silo.Configure<ClusterOptions>(options => options.ServiceId = EngageCenterService.DefaultId);
        }

        silo.Services.AddOptions<ClusterMembershipOptions>().Configure(DeclareDeadSoon).BindConfiguration("Orleans:Membership");
        if (silo.Configuration.GetSection("Orleans:Clustering").Exists())
        {
            return silo;
        }

        // Its own address is that of its primary, so silos on other ports are clusters of their own.
        var endpoints = silo.Configuration.GetSection("Orleans:Endpoints");
        return silo.UseLocalhostClustering(
            endpoints.GetValue(nameof(EndpointOptions.SiloPort), EndpointOptions.DEFAULT_SILO_PORT),
            endpoints.GetValue(nameof(EndpointOptions.GatewayPort), EndpointOptions.DEFAULT_GATEWAY_PORT));
    }

    // A silo that stands still with its connections open counts as dead after the longest probe timeout times the limit of
    // missed probes: a minute as Orleans has it, half of it longer than the calls to its grains wait.
    private static void DeclareDeadSoon(ClusterMembershipOptions options) =>
        (options.ProbeTimeout, options.MaxProbeTimeout, options.NumMissedProbesLimit) = (LongestProbe / 2, LongestProbe, 3);

    private static ISiloBuilder AddStorage(this ISiloBuilder silo)
    {
        const string name = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;
        var section = silo.Configuration.GetSection($"Orleans:GrainStorage:{name}");
        return section.Exists() ? silo : silo.AddSqliteGrainStorage(name);
    }

    // A filter around every call, so only where somebody looks at the traces.
    private static ISiloBuilder AddTracing(this ISiloBuilder silo) =>
        Telemetry.IsConfigured(silo.Configuration) ? silo.AddActivityPropagation() : silo;

    // Without its stream of the log, which may name what a customer wrote.
    private static ISiloBuilder AddDashboardWhereEnabled(this ISiloBuilder silo) =>
        silo.Configuration.GetValue<bool>("Dashboard:Enabled") ? silo.AddDashboard(dashboard => dashboard.HideTrace = true) : silo;
}
