using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Directories;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Providers;
using Orleans.Storage;
using Orleans.TestingHost;

namespace EngageCenter.Grains.Tests;

/// <summary>Two silos with one store, which fails when a test says so.</summary>
public class GrainCluster : IAsyncLifetime
{
    public const short Silos = 2;

    private readonly InProcessTestCluster cluster;

    // Whether silos that are started from now on act as an earlier release.
    private bool isEarlier;

    // After a fault a change waits for leases that may be out. The leases are short here.
    public GrainCluster()
        : this(TimeSpan.FromSeconds(1))
    {
    }

    protected GrainCluster(TimeSpan leaseAndAuthority)
    {
        var builder = new InProcessTestClusterBuilder(initialSilosCount: Silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddKeyedSingleton<IGrainStorage>(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, Store);
            silo.Services.AddSingleton<IGrainStorage>(Store);
            silo.Services.AddSingleton<IStoredGrains>(new StoredRows(Store));
            silo.Services.AddSingleton<TimeProvider>(Time);
            silo.AddReminders();
            silo.Services.AddSingleton<IReminderTable>(Reminders);

            // By default placement depends on load, so on a busy machine all grains of a kind could be on one silo.
            silo.Services.AddSingleton<PlacementStrategy, RandomPlacement>();
            silo.Services.AddSingleton<IDirectory>(Directory);
            silo.AddEngageCenterGrains();
            silo.Services.AddSingleton<IGrainPropertiesProvider>(new OfRelease(isEarlier));
            silo.Services.AddSingleton(services => new ListEras(
                new SilosOfReleases(services.GetRequiredService<IClusterManifestProvider>(), this), services.GetRequiredService<IClusterMembershipService>()));
            silo.AddIncomingGrainCallFilter(async call =>
            {
                Called(call);
                try
                {
                    await call.Invoke();
                }
                catch (OperationCanceledException)
                {
                    Cancelled(call);
                    throw;
                }
            });
            silo.Configure<AccessOptions>(o => o.Lease = o.Authority = leaseAndAuthority);
        });
        cluster = builder.Build();
    }

    public ShiftedTime Time { get; } = new();

    /// <summary>Calls grains as a client from outside does: a web node, or anybody who reaches a gateway.</summary>
    public IGrainFactory Grains => cluster.Client;

    /// <summary>Calls grains as a silo does.</summary>
    public IGrainFactory WithinSilo => cluster.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>();

    /// <summary>Returns a service of each silo.</summary>
    public IEnumerable<T> Each<T>()
        where T : notnull => cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<T>());

    /// <summary>Called for each call that a grain gets.</summary>
    public Action<IIncomingGrainCallContext> Called { get; set; } = _ => { };

    /// <summary>Called for each call that a grain ended because its caller had cancelled it.</summary>
    public Action<IIncomingGrainCallContext> Cancelled { get; set; } = _ => { };

    /// <summary>Whether silos are told that one of them runs an earlier release.</summary>
    public bool IsMixed { get; set; }

    internal RowStore Store { get; } = new() { LeavesClearedRows = true };

    internal DirectoryStandIn Directory { get; } = new();

    internal ReminderRows Reminders { get; } = new();

    public async Task InitializeAsync()
    {
        await cluster.DeployAsync();

        // Without this, the first ids would be asked for as in a store of an earlier release.
        Assert.True(await Grains.GetGrain<IKnownIdsBuild>(IKnownIdsBuild.Key).Build());
    }

    public async Task DisposeAsync() => await cluster.DisposeAsync();

    /// <summary>Returns the number of activations of a grain type on all silos; null for all of our own types.</summary>
    public async Task<int> Activations(string? grainType = null)
    {
        var statistics = await Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return statistics.Count(s => grainType is null
            ? s.GrainType.StartsWith("EngageCenter", StringComparison.Ordinal)
            : s.GrainId.Type.ToString() == grainType);
    }

    /// <summary>Ends every activation, so that the next call reads storage.</summary>
    public Task Forget() => Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    /// <summary>Ends every activation, and waits until there is none. Some end only after the call that ends them has returned.</summary>
    public Task Settle() => Until(
        async () =>
        {
            if (await Activations() == 0)
            {
                return true;
            }

            await Forget();
            return false;
        },
        "activations end");

    /// <summary>Waits until a condition holds that silos bring about by themselves. Fails after a minute.</summary>
    public static Task Until(Func<Task<bool>> condition, string what) => EngageCenter.Until.True(condition, TimeSpan.FromMinutes(1), what);

    /// <summary>Starts one more silo, which describes itself as an earlier release would. Dispose what is returned to stop it.</summary>
    internal async Task<IAsyncDisposable> StartEarlierSilo()
    {
        isEarlier = true;
        try
        {
            return new Ending(cluster, await cluster.StartAdditionalSiloAsync());
        }
        finally
        {
            isEarlier = false;
        }
    }

    /// <summary>Whether a meter belongs to one of the silos.</summary>
    internal bool Owns(Meter meter) => cluster.Silos.Any(silo => ReferenceEquals(silo.ServiceProvider.GetRequiredService<IMeterFactory>(), meter.Scope));

    internal IUserGrain User(PersonId person) => Grains.GetGrain<IUserGrain>(person.ToString());

    internal IWorkspaceGrain Workspace(string workspaceId) => Grains.GetGrain<IWorkspaceGrain>(workspaceId);

    internal IAgreementGrain Agreement(string agreementId) => Grains.GetGrain<IAgreementGrain>(agreementId);

    /// <summary>Decides for a sign-in, as the web API does, and repeats that until the workspace acts on the decision.</summary>
    internal async Task<T> Act<T>(SignIn signIn, string workspaceId, Func<IWorkspaceGrain, AccessDecision, Task<T>> act, Func<T, bool> decideAgain)
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var decision = await User(signIn.Person).Decide(signIn, workspaceId);
            var outcome = await act(Workspace(workspaceId), decision);
            if (!decideAgain(outcome))
            {
                return outcome;
            }
        }

        throw new InvalidOperationException("The workspace refused five decisions.");
    }

    private sealed class Ending(InProcessTestCluster cluster, InProcessSiloHandle silo) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await cluster.StopSiloAsync(silo);
    }

    private sealed class OfRelease(bool isEarlier) : IGrainPropertiesProvider
    {
        public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties) =>
            _ = isEarlier && properties.Remove(WaitingSilos.Property);
    }
}

internal sealed class StoredRows(RowStore store) : IStoredGrains
{
    public async IAsyncEnumerable<string> Keys(
        string grainType, string stateName, string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var key in store.Keys(grainType, stateName).Where(key => key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            yield return key;
        }
    }
}

/// <summary>A cluster whose leases do not expire during a test.</summary>
public sealed class WarmCluster() : GrainCluster(AsLong)
{
    // Less than the longest that a change may have to wait.
    public static readonly TimeSpan AsLong = TimeSpan.FromSeconds(24);
}

/// <summary>The system's clock, which a test can move forward.</summary>
public sealed class ShiftedTime : TimeProvider
{
    private readonly ConcurrentDictionary<ITimer, (TimeSpan Due, Action Elapse)> timers = new();

    public TimeSpan Shift { get; set; }

    /// <summary>How much later it is for whoever measures how long something takes.</summary>
    public TimeSpan Passed { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;

    public override long GetTimestamp() => System.GetTimestamp() + (long)(Passed.TotalSeconds * System.TimestampFrequency);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new TrackedTimer(this, System.CreateTimer(callback, state, dueTime, period), dueTime, () => callback(state));

    /// <summary>Fires every timer now that was set to this due time. Other timers are not changed.</summary>
    /// <returns>How many timers were fired.</returns>
    public int Elapse(TimeSpan due) => Elapse(d => d == due);

    /// <summary>Fires every timer now whose due time matches.</summary>
    public int Elapse(Func<TimeSpan, bool> due)
    {
        var elapsing = timers.Values.Where(timer => due(timer.Due)).ToList();
        elapsing.ForEach(timer => timer.Elapse());
        return elapsing.Count;
    }

    private sealed class TrackedTimer : ITimer
    {
        private readonly ShiftedTime owner;
        private readonly ITimer timer;
        private readonly Action elapse;

        public TrackedTimer(ShiftedTime owner, ITimer timer, TimeSpan due, Action elapse)
        {
            (this.owner, this.timer, this.elapse) = (owner, timer, elapse);
            owner.timers[this] = (due, elapse);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            owner.timers[this] = (dueTime, elapse);
            return timer.Change(dueTime, period);
        }

        public void Dispose()
        {
            owner.timers.TryRemove(this, out _);
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
