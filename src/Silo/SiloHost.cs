using EngageCenter.Directories;
using EngageCenter.Reminders;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Providers;

namespace EngageCenter;

/// <summary>
/// Composes a silo of the service: in a process of its own, in a development host, or in a test. Only this project names
/// storage providers; web nodes name clustering providers too, because they find the silos through them.
/// </summary>
/// <remarks>
/// <list type="table">
/// <item><term><c>Orleans:Clustering</c></term><description>The clustering provider, by <c>ProviderType</c>: <c>Redis</c>
/// with its <c>ConnectionString</c>, or <c>AzureTableStorage</c> with the settings that <see cref="ClusterTables"/> reads.
/// Without it the silo is a cluster of its own that listens on loopback.</description></item>
/// <item><term><c>Orleans:Membership</c></term><description>When a silo that does not respond counts as dead, in Orleans'
/// own <see cref="ClusterMembershipOptions"/>. Here it is after <c>NumMissedProbesLimit</c> (3) times <c>MaxProbeTimeout</c>
/// (5 s). A silo that was paused for longer exits when it resumes.</description></item>
/// <item><term><c>Orleans:Endpoints:SiloPort</c>, <c>GatewayPort</c>, <c>AdvertisedIPAddress</c></term><description>11111,
/// 30000, and the machine's own address, or loopback for a cluster of its own.</description></item>
/// <item><term><c>Clustering:Tls</c></term><description><see cref="ClusterTlsOptions"/>: mutual TLS with other silos and
/// with web nodes. Required outside Development, unless the silo listens only on loopback.</description></item>
/// <item><term><c>Orleans:GrainStorage:Default</c></term><description>The storage provider, by <c>ProviderType</c>, such as
/// <c>AzureBlobStorage</c> with its <c>ServiceKey</c> or <c>ConnectionString</c>. Without it, SQLite.</description></item>
/// <item><term><c>ConnectionStrings:&lt;ServiceKey&gt;</c></term><description>The account of the storage or clustering
/// provider: its address, for a managed identity, or a connection string.</description></item>
/// <item><term><c>Orleans:Reminders</c></term><description>The reminder provider, by <c>ProviderType</c>: <c>Redis</c>,
/// <c>AzureTableStorage</c>, <c>AdoNet</c> or <c>Memory</c>. Without it reminders are in the Redis or the Azure Tables of
/// <c>Orleans:Clustering</c>, and for a cluster on one machine in the SQLite file, even if grain state is
/// elsewhere.</description></item>
/// <item><term><c>Storage:SqliteFile</c></term><description>The SQLite file, <c>.data/engage-center.db</c> by default,
/// relative to the working directory. Its folder is created.</description></item>
/// <item><term><c>Directory</c></term><description><see cref="DirectoryOptions"/>: Microsoft Graph, for people in more
/// groups than a token holds. Without it they get 503 unless the contract gives them access.</description></item>
/// <item><term><c>Dashboard:Enabled</c></term><description>Whether the silo collects the data that the dashboard of the web
/// nodes shows; false by default. Web nodes have the same setting.</description></item>
/// <item><term><c>Orleans:ServiceId</c></term><description><c>engage-center</c> by default. It is part of every stored row's
/// key, so a changed value hides everything stored before. Web nodes need the same value.</description></item>
/// </list>
/// </remarks>
public static class SiloHost
{
    /// <summary>A grain call that takes longer fails with a <see cref="TimeoutException"/>.</summary>
    public static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The longest timeout of a probe. A silo that misses three probes is declared dead, after 15 s.</summary>
    public static readonly TimeSpan LongestProbe = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The maximum number of requests that wait for one activation; more are refused with a <c>LimitExceededException</c>.
    /// Orleans itself sets no limit, but requests that cannot be processed within the response timeout only use up memory.
    /// </summary>
    public const int MaxEnqueuedRequests = 10_000;

    /// <summary>
    /// How long an activation may take to deactivate. A workspace recalls its leases, waits for one that is not returned to
    /// expire, and marks its policy as released, so that the next owner need not wait. If it takes longer it is abandoned,
    /// and the next owner waits. This is Orleans' own default, repeated here because the shutdown timeout is derived from
    /// it.
    /// </summary>
    public static readonly TimeSpan DeactivationTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Adds the silo, its storage and its health checks (tagged <see cref="SiloHealth.ReadyTag"/>).</summary>
    /// <exception cref="OrleansConfigurationException">
    /// The settings do not say where reminders or state are kept.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// A TLS setting is not usable; thrown here or when the host starts.
    /// </exception>
    /// <exception cref="StorageFileException">The SQLite file is not usable; thrown when the host starts.</exception>
    public static IHostApplicationBuilder AddEngageCenterSilo(this IHostApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.UseOrleans(silo => silo
            .AddLimits().AddClustering().AddClusterTables().AddClusterTls().AddEngageCenterGrains().AddDirectory(builder.Environment).StoreStateAsJson().AddStorage().AddBlobStorage()
            .CheckStoredRows().AddReminderTable().AddTracing().AddDashboardWhereEnabled());
        builder.AddSiloHealth();

        // Polly logs two lines for each placement of a grain, and a warning with its stack for each that is tried again, many while
        // a silo stops. Whoever calls the grain is told if the last attempt fails.
        builder.Logging.AddFilter("Polly", LogLevel.Error);

        // It logs pages of text for each token, also for failed ones; the calling grain logs the reason in one line.
        builder.Logging.AddFilter("Microsoft.Identity.Web.TokenAcquisition", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.Identity.Web.MergedOptions", LogLevel.Error);
        return builder;
    }

    /// <summary>
    /// The memory use, in percent of what the process may have, at which activations are ended, least recently used first,
    /// until <see cref="MemoryAfterShedding"/> is reached. In deploy/, .NET gets 768 MiB of 1 GiB, so this is from 614 MiB
    /// down to 538 MiB.
    /// </summary>
    public const int MemoryBeforeShedding = 80;

    /// <summary>See <see cref="MemoryBeforeShedding"/>.</summary>
    public const int MemoryAfterShedding = 70;

    /// <summary>
    /// The memory use, in percent, at which a silo refuses requests from its gateway. A web node then returns 503, and its
    /// callers try again. Otherwise the silo could run out of memory and lose all its activations, including those of
    /// members.
    /// </summary>
    public const int MemoryOfRefusal = 92;

    /// <summary>
    /// The maximum number of grains on other silos whose location a silo caches, about 300 bytes each, least recently used
    /// first out. Orleans' own default, 1,000,000, is a third of the memory that deploy/ gives a silo.
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
            // CPU load makes calls slower but refuses none, so its threshold is never exceeded.
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
        // Orleans' own default, 'default', says nothing in a file or on a server that is shared with other services.
        if (string.IsNullOrWhiteSpace(silo.Configuration["Orleans:ServiceId"]))
        {
            silo.Configure<ClusterOptions>(options => options.ServiceId = EngageCenterService.DefaultId);
        }

        silo.Services.AddOptions<ClusterMembershipOptions>().Configure(DeclareDeadSoon).BindConfiguration("Orleans:Membership");
        if (silo.Configuration.GetSection("Orleans:Clustering").Exists())
        {
            return silo;
        }

        // The address of the silo is also that of its primary, so silos on other ports are clusters of their own.
        var endpoints = silo.Configuration.GetSection("Orleans:Endpoints");
        return silo.UseLocalhostClustering(
            endpoints.GetValue(nameof(EndpointOptions.SiloPort), EndpointOptions.DEFAULT_SILO_PORT),
            endpoints.GetValue(nameof(EndpointOptions.GatewayPort), EndpointOptions.DEFAULT_GATEWAY_PORT));
    }

    // A silo that hangs with open connections counts as dead after the longest probe timeout times the limit of missed
    // probes. In Orleans' defaults that is a minute, which is 30 s longer than calls to its grains wait.
    private static void DeclareDeadSoon(ClusterMembershipOptions options) =>
        (options.ProbeTimeout, options.MaxProbeTimeout, options.NumMissedProbesLimit) = (LongestProbe / 2, LongestProbe, 3);

    private static ISiloBuilder AddStorage(this ISiloBuilder silo)
    {
        const string name = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;
        var section = silo.Configuration.GetSection($"Orleans:GrainStorage:{name}");
        return section.Exists() ? silo : silo.AddSqliteGrainStorage(name);
    }

    // Tracing adds a filter around every call, so it is added only if traces are exported.
    private static ISiloBuilder AddTracing(this ISiloBuilder silo) =>
        Telemetry.IsConfigured(silo.Configuration) ? silo.AddActivityPropagation() : silo;

    // Without the dashboard's log stream, which may contain what a customer wrote.
    private static ISiloBuilder AddDashboardWhereEnabled(this ISiloBuilder silo) =>
        silo.Configuration.GetValue<bool>("Dashboard:Enabled") ? silo.AddDashboard(dashboard => dashboard.HideTrace = true) : silo;
}
