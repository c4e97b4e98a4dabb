using EngageCenter.Access.Simulation;

namespace EngageCenter.Directories.Simulation;

/// <summary>The probabilities of faults, drawn once for each seed.</summary>
internal sealed record Weather(
    double Loss, double Slow, double StorageFails, double StorageSlow, double GraphFails, double GraphBreaksOff, double GraphSlow, double Duplicates)
{
    public static Weather Fair { get; } = new(0, 0, 0, 0, 0, 0, 0, 0);

    public static Weather Draw(Dice dice) => new(
        dice.Pick([0, 0, 0.01, 0.04]),
        dice.Pick([0, 0.01, 0.05]),
        dice.Pick([0, 0, 0.01, 0.04]),
        dice.Pick([0, 0.02, 0.08]),
        dice.Pick([0, 0.02, 0.15]),
        dice.Pick([0, 0.03, 0.15]),
        dice.Pick([0, 0.03, 0.15]),
        dice.Pick([0, 0, 0, 0.01]));
}

/// <summary>
/// Virtual time on one thread, for the shipped grains and caches. An event completes what they await. The continuation runs within
/// that event, or in an event of its own.
/// </summary>
internal sealed class World
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    /// <summary>The longest time until a call between grains is answered or fails.</summary>
    private static readonly TimeSpan callTimeout = TimeSpan.FromSeconds(30);

    private readonly PriorityQueue<(Node On, Action Event, long Number), (TimeSpan At, long Number)> events = new();
    private long numbers;

    public World(Dice dice)
    {
        Dice = dice;
        Weather = Weather.Draw(dice);
        Outside = new(this, "outside", TimeSpan.Zero);
    }

    public Dice Dice { get; }

    public Weather Weather { get; set; }

    public TimeSpan Now { get; private set; }

    public DateTimeOffset UtcNow => Start + Now;

    /// <summary>The place of everything that is never down: clients, storage, the directory, and the stand-ins for grains.</summary>
    public Node Outside { get; }

    /// <summary>Returns the next position in the order of all events.</summary>
    public long Mark() => ++numbers;

    /// <summary>Schedules an event.</summary>
    /// <param name="on">The process of the event. If the process is down, the event never happens; if it is paused, the event is late.</param>
    public void After(TimeSpan delay, Node on, Action happens)
    {
        var number = ++numbers;
        events.Enqueue((on, happens, number), (Now + delay, number));
    }

    public void RunUntil(TimeSpan end)
    {
        var before = SynchronizationContext.Current;
        try
        {
            while (events.TryPeek(out var next, out var due) && due.At <= end)
            {
                events.Dequeue();
                Now = due.At;
                if (next.On.PausedUntil > Now)
                {
                    events.Enqueue(next, (next.On.PausedUntil, next.Number));
                }
                else if (!next.On.IsDown)
                {
                    SynchronizationContext.SetSynchronizationContext(next.On.Context);
                    next.Event();
                }
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Now = end;
    }

    /// <summary>Sends a call from the process that runs now. The call or its answer may be lost.</summary>
    /// <param name="serve">Serves the call, in the other process.</param>
    public Task<T> Call<T>(Node to, Func<Task<T>> serve)
    {
        var from = Node.Current;
        var answer = new TaskCompletionSource<T>();
        After(callTimeout, from, () => answer.TrySetException(new TimeoutException("The call was not answered in time.")));
        if (to.IsDown)
        {
            After(Delay(), from, () => answer.TrySetException(new TimeoutException("The silo is gone.")));
        }
        else
        {
            Send(from, to, Serve);
        }

        return answer.Task;

        async void Serve()
        {
            try
            {
                var served = await serve();
                Send(to, from, () => answer.TrySetResult(served));
            }
            catch (Exception e)
            {
                Send(to, from, () => answer.TrySetException(e));
            }
        }
    }

    /// <summary>Completes after a time, unless the process that awaits it is down.</summary>
    public Task Pass(TimeSpan time)
    {
        var passed = new TaskCompletionSource();
        After(time, Node.Current, passed.SetResult);
        return passed.Task;
    }

    private void Send(Node from, Node to, Action arrives)
    {
        if (from == to)
        {
            After(Dice.Seconds(0, 0.002), to, arrives);
        }
        else if (!Dice.Chance(Weather.Loss))
        {
            After(Delay(), to, arrives);
        }
    }

    private TimeSpan Delay() => Dice.Chance(Weather.Slow)
        ? Dice.Seconds(1, 25)
        : Dice.Chance(0.05) ? Dice.Seconds(0.1, 1) : Dice.Seconds(0.001, 0.03);
}

/// <summary>A process. After a restart there is a new one.</summary>
internal sealed class Node
{
    private readonly World world;

    public Node(World world, string name, TimeSpan clock)
    {
        this.world = world;
        Name = name;
        Context = new(this);
        Scheduler = new PostingScheduler(Context);
        Time = new NodeTime(world, this, clock);
    }

    /// <summary>The process whose event runs now.</summary>
    public static Node Current => ((NodeContext)SynchronizationContext.Current!).Node;

    public string Name { get; }

    public NodeContext Context { get; }

    public TaskScheduler Scheduler { get; }

    public TimeProvider Time { get; }

    public bool IsDown { get; set; }

    public TimeSpan PausedUntil { get; set; }

    public bool IsPaused => PausedUntil > world.Now;

    public override string ToString() => Name;

    /// <summary>Runs each continuation in an event of its own, after the current event.</summary>
    internal sealed class NodeContext(Node node) : SynchronizationContext
    {
        public Node Node => node;

        public override void Post(SendOrPostCallback d, object? state) => node.world.After(TimeSpan.Zero, node, () => d(state));

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();
    }

    private sealed class PostingScheduler(NodeContext context) : TaskScheduler
    {
        protected override void QueueTask(Task task) => context.Post(_ => TryExecuteTask(task), null);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }

    private sealed class NodeTime(World world, Node node, TimeSpan offset) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => world.UtcNow;

        public override long GetTimestamp() => (world.Now + offset).Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new NodeTimer(world, node, callback, state);
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class NodeTimer(World world, Node node, TimerCallback callback, object? state) : ITimer
    {
        private long version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var mine = ++version;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                world.After(dueTime, node, () =>
                {
                    if (mine == version)
                    {
                        callback(state);
                        if (mine == version && period > TimeSpan.Zero)
                        {
                            Change(period, period);
                        }
                    }
                });
            }

            return true;
        }

        public void Dispose() => version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
