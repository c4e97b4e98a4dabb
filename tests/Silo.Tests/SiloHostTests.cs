using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Reflection;
using EngageCenter.Silo.Tests.Storage;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Statistics;

namespace EngageCenter.Silo.Tests;

public sealed class SiloHostTests : IDisposable
{
    private readonly SqliteFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Silo_is_ready_from_its_start_until_its_store_is_gone()
    {
        await using var silo = TestSilo.Build(folder.File());
        Assert.Equal(HealthStatus.Unhealthy, await Health(silo));

        await silo.StartAsync();
        Assert.Equal(HealthStatus.Healthy, await Health(silo));

        File.Delete(folder.File());
        Assert.Equal(HealthStatus.Unhealthy, await Health(silo));
    }

    [Fact]
    public async Task Silos_on_other_ports_are_clusters_of_their_own_and_listen_on_loopback()
    {
        await using var first = await TestSilo.Start(folder.File("first.db"));
        await using var second = await TestSilo.Start(folder.File("second.db"));

        Assert.All([first, second], silo =>
        {
            Assert.Single(silo.Services.GetRequiredService<ISiloStatusOracle>().GetApproximateSiloStatuses());
            var ports = silo.Services.GetRequiredService<IOptions<EndpointOptions>>().Value;
            Assert.Equal([IPAddress.Loopback], Listeners(ports.SiloPort));
            Assert.Equal([IPAddress.Loopback], Listeners(ports.GatewayPort));
        });
    }

    [Fact]
    public async Task Calls_and_queues_have_limits()
    {
        await using var silo = TestSilo.Build(folder.File());
        var options = silo.Services.GetRequiredService<IOptions<SiloMessagingOptions>>().Value;

        Assert.Equal(SiloHost.ResponseTimeout, options.ResponseTimeout);
        Assert.Equal(SiloHost.MaxEnqueuedRequests, options.MaxEnqueuedRequestsHardLimit);
        Assert.Equal(SiloHost.MaxEnqueuedRequests, options.MaxEnqueuedRequestsHardLimit_StatelessWorker);
    }

    [Fact]
    public async Task Placement_of_a_grain_is_not_logged_even_if_it_is_tried_again()
    {
        using var categories = new Categories();
        await using var silo = TestSilo.Build(folder.File(), services => services.AddLogging(logging => logging.AddProvider(categories)));
        await silo.StartAsync();
        await silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);

        Assert.Contains(categories.Written.Keys, c => c.StartsWith("Orleans", StringComparison.Ordinal));
        Assert.DoesNotContain("Polly", categories.Written.Keys);
        Assert.False(silo.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Polly").IsEnabled(LogLevel.Warning));
    }

    [Fact]
    public async Task Silo_short_of_memory_refuses_calls_until_memory_is_free_again()
    {
        var memory = new Memory();
        await using var silo = TestSilo.Build(folder.File(), services => services.AddSingleton<IEnvironmentStatisticsProvider>(memory));
        await silo.StartAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var gateway = silo.Services.GetRequiredService<IOptions<EndpointOptions>>().Value.GatewayPort;
        builder.UseOrleansClient(client => client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, gateway))
            .Configure<ClusterOptions>(cluster => cluster.ServiceId = EngageCenterService.DefaultId));
        using var web = builder.Build();
        await web.StartAsync();
        var management = web.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        await management.GetTotalActivationCount();

        memory.Used = SiloHost.MemoryOfRefusal + 1;
        await Until<GatewayTooBusyException>(management);
        Assert.Equal(HealthStatus.Unhealthy, await Health(silo));

        memory.Used = SiloHost.MemoryOfRefusal - 1;
        await Until<Exception>(management, isThrown: false);
        Assert.Equal(HealthStatus.Healthy, await Health(silo));
        await web.StopAsync();
    }

    [Fact]
    public async Task Activations_are_shed_before_calls_are_refused()
    {
        await using var silo = TestSilo.Build(folder.File());
        var collection = silo.Services.GetRequiredService<IOptions<GrainCollectionOptions>>().Value;
        var refusal = silo.Services.GetRequiredService<IOptions<LoadSheddingOptions>>().Value;

        Assert.True(collection.EnableActivationSheddingOnMemoryPressure);
        Assert.True(collection.MemoryUsageTargetPercentage < collection.MemoryUsageLimitPercentage);
        Assert.True(refusal.LoadSheddingEnabled);
        Assert.True(collection.MemoryUsageLimitPercentage < refusal.MemoryThreshold);
    }

    [Fact]
    public async Task Wait_for_storage_ends_before_the_grain_call()
    {
        await using var silo = TestSilo.Build(folder.File());
        var longest = SqliteGate.TurnTimeout
            + TimeSpan.FromSeconds(SqliteFile.BusySeconds);

        Assert.True(longest < SiloHost.ResponseTimeout);
    }

    [Theory]
    [InlineData(null, "engage-center")]
    [InlineData("mine", "mine")]
    public async Task Service_id_of_stored_rows_is_fixed_unless_configured(string? configured, string expected)
    {
        await using var silo = configured is null
            ? TestSilo.Build(folder.File())
            : TestSilo.Build(folder.File(), ("Orleans:ServiceId", configured));

        Assert.Equal(expected, silo.Services.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId);
    }

    [Fact]
    public async Task Configured_storage_and_reminder_providers_replace_the_file()
    {
        await using var silo = await TestSilo.Start(
            folder.File(), ("Orleans:GrainStorage:Default:ProviderType", "Memory"), ("Orleans:Reminders:ProviderType", "Memory"));

        Assert.IsNotType<SqliteGrainStorage>(silo.Storage);
        Assert.False(File.Exists(folder.File()));
        await silo.Storage.WriteStateAsync("note", GrainId.Create("note", "1"), new GrainState<Note>(new Note()));
    }

    private sealed class Categories : ILoggerProvider
    {
        public ConcurrentDictionary<string, bool> Written { get; } = new();

        public ILogger CreateLogger(string categoryName) => new Logger(() => Written[categoryName] = true);

        public void Dispose()
        {
        }

        private sealed class Logger(Action written) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => written();
        }
    }

    private static IEnumerable<IPAddress> Listeners(int port) => IPGlobalProperties.GetIPGlobalProperties()
        .GetActiveTcpListeners().Where(listener => listener.Port == port).Select(listener => listener.Address);

    // The silo checks its memory once a second, and each attempt is a call.
    private static async Task Until<TException>(IManagementGrain management, bool isThrown = true)
        where TException : Exception
    {
        for (var attempt = 0; attempt < 1_000_000; attempt++)
        {
            try
            {
                await management.GetTotalActivationCount();
                if (!isThrown)
                {
                    return;
                }
            }
            catch (TException) when (isThrown)
            {
                return;
            }
            catch (GatewayTooBusyException) when (!isThrown)
            {
                // The silo has not checked again yet.
            }
        }

        Assert.Fail("It does not come to be.");
    }

    private static async Task<HealthStatus> Health(TestSilo silo) =>
        (await silo.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status;

    private sealed class Memory : IEnvironmentStatisticsProvider
    {
        private const long All = 768L * 1024 * 1024;

        private int used;

        /// <summary>In percent.</summary>
        public int Used { get => Volatile.Read(ref used); set => Volatile.Write(ref used, value); }

        // Only Orleans can create one.
        public EnvironmentStatistics GetEnvironmentStatistics()
        {
            var inUse = All * Used / 100;
            object?[] arguments = [0f, 0f, inUse, inUse, All - inUse, All - inUse, All];
            return (EnvironmentStatistics)Activator.CreateInstance(
                typeof(EnvironmentStatistics), BindingFlags.Instance | BindingFlags.NonPublic, null, arguments, null)!;
        }
    }
}
