using System.Runtime.CompilerServices;
using Orleans.Core;
using Orleans.Serialization.Invocation;
using Orleans.Timers;

namespace EngageCenter.Directories.Simulation;

/// <summary>The type and key of a grain.</summary>
internal readonly record struct GrainKey(string Type, string Key)
{
    public GrainId Id => GrainId.Create(Type, Key);
}

/// <summary>
/// An activation of a shipped grain, and what Orleans does for it. Calls wait until the activation has started. They run one at a
/// time, unless the grain allows interleaving. After an orderly end, calls are sent to the next activation.
/// </summary>
internal sealed class Activation : IGrainContext, IGrainRuntime, ITimerRegistry, IServiceProvider
{
    private readonly World world;
    private readonly TaskCompletionSource over = new();
    private readonly TaskCompletionSource ready = new();
    private readonly List<NodeGrainTimer> timers = [];
    private Task turn = Task.CompletedTask;
    private int underWay;
    private bool isEnding;

    public Activation(World world, Node node, GrainKey key, IGrainFactory grains)
    {
        (this.world, Node, Key, GrainFactory) = (world, node, key, grains);
        Since = world.Mark();
    }

    public Node Node { get; }

    public GrainKey Key { get; }

    /// <summary>When the activation began and ended, as positions in the order of all events.</summary>
    public long Since { get; }

    public long? Until { get; private set; }

    public Grain? Grain { get; private set; }


    /// <summary>Whether the activation accepts calls.</summary>
    public bool IsOpen => !isEnding && Until is null && !Node.IsDown;

    public bool IsOver => Until is not null || Node.IsDown;

    /// <summary>Starts the activation.</summary>
    /// <param name="make">Creates the grain. Completes when the grain has read its state.</param>
    public async void Start(Func<Activation, Task<Grain>> make)
    {
        try
        {
            Grain = await make(this);
            await Grain.OnActivateAsync(CancellationToken.None);
            ready.SetResult();
            EndIfIdle();
        }
        catch (Exception e)
        {
            ready.SetException(e);
            Over();
        }
    }

    /// <summary>Records that the activation has ended, or that its silo is down.</summary>
    public void Over()
    {
        if (Until is null)
        {
            Until = world.Mark();
            timers.ForEach(timer => timer.Dispose());
            if (!Node.IsDown)
            {
                over.TrySetResult();
            }
        }
    }

    /// <summary>Serves a call when it is its turn.</summary>
    /// <param name="interleaves">Whether the call may start while others are running.</param>
    /// <param name="elsewhere">Sends the call to another activation. Used if this one has ended in order.</param>
    public async Task<T> Serve<T>(Func<object, Task<T>> call, bool interleaves, Func<Task<T>> elsewhere)
    {
        if (isEnding || Until is not null)
        {
            await over.Task;
            return await elsewhere();
        }

        underWay++;
        try
        {
            await ready.Task;
            if (interleaves)
            {
                return await call(Grain!);
            }

            var before = turn;
            var mine = new TaskCompletionSource();
            turn = mine.Task;
            try
            {
                await before;
                if (!isEnding)
                {
                    return await call(Grain!);
                }
            }
            finally
            {
                mine.SetResult();
            }
        }
        finally
        {
            underWay--;
            EndIfIdle();
        }

        // It has ended itself while the call waited for its turn.
        await over.Task;
        return await elsewhere();
    }

    public void End()
    {
        isEnding = true;
        EndIfIdle();
    }

    private void EndIfIdle()
    {
        if (isEnding && ready.Task.IsCompletedSuccessfully && underWay == 0 && Until is null)
        {
            underWay++;
            world.After(TimeSpan.Zero, Node, async () =>
            {
                try
                {
                    if (Grain is { } grain)
                    {
                        await grain.OnDeactivateAsync(new(DeactivationReasonCode.ApplicationRequested, ""), CancellationToken.None);
                    }
                }
                finally
                {
                    Over();
                }
            });
        }
    }

    /// <summary>Gives a new grain the context that Orleans would give it.</summary>
    public TGrain Own<TGrain>(TGrain grain)
        where TGrain : Grain
    {
        ContextOf(grain) = this;
        RuntimeOf(grain) = this;
        return grain;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<GrainContext>k__BackingField")]
    private static extern ref IGrainContext ContextOf(Grain grain);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Runtime>k__BackingField")]
    private static extern ref IGrainRuntime RuntimeOf(Grain grain);

    public IGrainFactory GrainFactory { get; }

    GrainId IGrainContext.GrainId => Key.Id;

    object? IGrainContext.GrainInstance => Grain;

    IServiceProvider IGrainContext.ActivationServices => this;

    Task IGrainContext.Deactivated => over.Task;

    void IGrainContext.Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken) => End();

    void IGrainRuntime.DeactivateOnIdle(IGrainContext grainContext) => End();

    ITimerRegistry IGrainRuntime.TimerRegistry => this;

    TimeProvider IGrainRuntime.TimeProvider => Node.Time;

    IServiceProvider IGrainRuntime.ServiceProvider => this;

    object? IServiceProvider.GetService(Type serviceType) => serviceType == typeof(ITimerRegistry) || serviceType == typeof(IGrainRuntime) ? this : null;

    IGrainTimer ITimerRegistry.RegisterGrainTimer<T>(IGrainContext grainContext, Func<T, CancellationToken, Task> callback, T state, GrainTimerCreationOptions options)
    {
        var timer = new NodeGrainTimer(this, () => callback(state, CancellationToken.None));
        timers.Add(timer);
        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    private sealed class NodeGrainTimer(Activation activation, Func<Task> callback) : IGrainTimer
    {
        private long version;

        public void Change(TimeSpan dueTime, TimeSpan period)
        {
            var mine = ++version;
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                return;
            }

            activation.world.After(dueTime, activation.Node, async () =>
            {
                if (mine != version)
                {
                    return;
                }

                await callback();
                if (mine == version && period != Timeout.InfiniteTimeSpan)
                {
                    Change(period, period);
                }
            });
        }

        public void Dispose() => version++;
    }

    // None of these grains uses the following members.
    GrainReference IGrainContext.GrainReference => throw new NotSupportedException();

    ActivationId IGrainContext.ActivationId => throw new NotSupportedException();

    GrainAddress IGrainContext.Address => throw new NotSupportedException();

    IGrainLifecycle IGrainContext.ObservableLifecycle => throw new NotSupportedException();

    IWorkItemScheduler IGrainContext.Scheduler => throw new NotSupportedException();

    string IGrainRuntime.SiloIdentity => Node.Name;

    SiloAddress IGrainRuntime.SiloAddress => throw new NotSupportedException();

    bool IEquatable<IGrainContext>.Equals(IGrainContext? other) => ReferenceEquals(this, other);

    void IGrainContext.SetComponent<TComponent>(TComponent? value)
        where TComponent : class => throw new NotSupportedException();

    object? ITargetHolder.GetTarget() => throw new NotSupportedException();

    object? ITargetHolder.GetComponent(Type componentType) => throw new NotSupportedException();

    void IGrainContext.ReceiveMessage(object message) => throw new NotSupportedException();

    void IGrainContext.Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();

    void IGrainContext.Rehydrate(IRehydrationContext context) => throw new NotSupportedException();

    void IGrainContext.Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();

    void IGrainRuntime.DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan) => throw new NotSupportedException();

    IStorage<TGrainState> IGrainRuntime.GetStorage<TGrainState>(IGrainContext grainContext) => throw new NotSupportedException();

    IDisposable ITimerRegistry.RegisterTimer(IGrainContext grainContext, Func<object?, Task> asyncCallback, object? state, TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();
}
