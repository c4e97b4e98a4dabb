namespace EngageCenter.Access.Simulation;

/// <summary>How often and how badly things go wrong. It is drawn once for each seed: some runs are mild in one way and harsh in another.</summary>
internal sealed record Weather(
    double Loss, double Slow, double StorageFails, double StorageSlow, double Astray, double Duplicates, TimeSpan Timeout, TimeSpan StorageTimeout)
{
    public static Weather Draw(Dice dice) => new(
        dice.Pick([0, 0.01, 0.06]),
        dice.Pick([0.005, 0.03, 0.12]),
        dice.Pick([0, 0.01, 0.06]),
        dice.Pick([0.005, 0.03, 0.12]),
        dice.Pick([0, 0.03, 0.15]),
        dice.Pick([0.02, 0.15, 0.5]),
        TimeSpan.FromSeconds(dice.Pick([5, 30, 30])),
        TimeSpan.FromSeconds(dice.Pick([3, 12, 45])));

    public Weather Fair() => this with { Loss = 0, Slow = 0, StorageFails = 0, StorageSlow = 0, Astray = 0, Duplicates = 0 };
}

/// <summary>Virtual time, the coming events, and a network that loses, delays and reorders messages. One event happens at a time.</summary>
internal sealed class World(Dice dice, History history)
{
    private readonly PriorityQueue<(Process? On, Action Event, long Number), (TimeSpan At, long Number)> events = new();
    private readonly HashSet<(int, int)> cuts = [];
    private readonly Dictionary<(int From, int To), (TimeSpan Until, double Chance, double Least, double Most)> jams = [];
    private long numbers;

    public Dice Dice => dice;

    public History History => history;

    public Weather Weather { get; set; } = Weather.Draw(dice);

    public TimeSpan Now { get; private set; }

    /// <param name="on">The process of the event. The event never happens if that process is down, and happens late while it is paused. Null for the outside world.</param>
    public void After(TimeSpan delay, Process? on, Action happens)
    {
        var number = ++numbers;
        events.Enqueue((on, happens, number), (Now + delay, number));
    }

    /// <summary>Schedules a continuation: soon, but not at once.</summary>
    public void Soon(Process on, Action happens) =>
        After(dice.Chance(0.02) ? dice.Seconds(0, 3) : dice.Seconds(0, 0.003), on, happens);

    public void RunUntil(TimeSpan end)
    {
        while (events.TryPeek(out var next, out var due) && due.At <= end)
        {
            events.Dequeue();
            Now = due.At;
            if (next.On is not { } process)
            {
                next.Event();
            }
            else if (process.PausedUntil > Now)
            {
                events.Enqueue(next, (process.PausedUntil, next.Number));
            }
            else if (!process.IsDown)
            {
                next.Event();
            }
        }

        Now = end;
    }

    /// <summary>A call between processes. The answer is null if none came in time; a later answer is ignored.</summary>
    /// <param name="serve">Runs on the other side and may answer at any time.</param>
    public void Call<TAnswer>(Process? from, Process to, Action<Action<TAnswer>> serve, Action<TAnswer?> done)
        where TAnswer : class
    {
        var over = false;
        After(Weather.Timeout, from, () => Finish(null));
        if (to.IsDown)
        {
            After(Delay(), from, () => Finish(null));
            return;
        }

        Send(from, to, () => serve(answer => Send(to, from, () => Finish(answer))));

        void Finish(TAnswer? answer)
        {
            if (!over)
            {
                over = true;
                done(answer);
            }
        }
    }

    public void Cut(int one, int other) => cuts.Add((Math.Min(one, other), Math.Max(one, other)));

    /// <summary>Delays most messages from one node to another for a while, but not those in the other direction.</summary>
    public void Jam(int from, int to, TimeSpan until) => jams[(from, to)] = (until, 0.7, 1, 20);

    /// <summary>Delays all messages from one node to another by a number of seconds for a while.</summary>
    public void Hold(int from, int to, TimeSpan until, double least, double most) => jams[(from, to)] = (until, 1, least, most);

    public void Heal()
    {
        cuts.Clear();
        jams.Clear();
    }

    public void Heal(int one, int other) => cuts.Remove((Math.Min(one, other), Math.Max(one, other)));

    public bool IsCut(int one, int other) => cuts.Contains((Math.Min(one, other), Math.Max(one, other)));

    private void Send(Process? from, Process? to, Action arrives)
    {
        if (from == to)
        {
            After(dice.Seconds(0, 0.002), to, arrives);
        }
        else if (!dice.Chance(Weather.Loss) && !(from is not null && to is not null && IsCut(from.Node, to.Node)))
        {
            var isJammed = jams.TryGetValue((from?.Node ?? int.MinValue, to?.Node ?? int.MinValue), out var jam) && Now < jam.Until;
            After(isJammed && dice.Chance(jam.Chance) ? dice.Seconds(jam.Least, jam.Most) : Delay(), to, arrives);
        }
    }

    private TimeSpan Delay() => dice.Chance(Weather.Slow)
        ? dice.Seconds(1, 28)
        : dice.Chance(0.1) ? dice.Seconds(0.1, 2) : dice.Seconds(0.001, 0.05);
}

/// <summary>A row in storage. It is written only on the version that was read.</summary>
internal sealed class StoredRow<TState>(World world, Action<TState, TimeSpan>? taken = null)
    where TState : class
{
    /// <summary>The node number of storage, for partitions.</summary>
    public const int Node = -1;

    private TState? state;
    private long version;

    /// <summary>Creates the row before the run.</summary>
    public void Put(TState initial)
    {
        (state, version) = (initial, version + 1);
        taken?.Invoke(initial, world.Now);
    }

    public void Read(Silo silo, Action<bool, TState?, long> done) => Operate(
        silo, () => (true, state, version), read => done(read.Item1, read.state, read.version));

    /// <param name="done">Gets the new version; null if the write conflicted, failed, or its result is unknown.</param>
    public void Write(Silo silo, TState next, long on, Action<long?> done) => Operate<long?>(
        silo,
        () =>
        {
            if (version != on)
            {
                return null;
            }

            (state, version) = (next, version + 1);
            taken?.Invoke(next, world.Now);
            return version;
        },
        done);

    // The operation reaches storage soon, late, or never, and so does its answer. The caller does not wait forever.
    private void Operate<TResult>(Silo silo, Func<TResult> operate, Action<TResult?> done)
    {
        var (dice, weather, over) = (world.Dice, world.Weather, false);
        world.After(weather.StorageTimeout, silo, () => Finish(default));
        if (dice.Chance(weather.StorageFails) || world.IsCut(silo.Node, Node))
        {
            if (dice.Chance(0.5))
            {
                world.After(dice.Seconds(0.01, 0.5), silo, () => Finish(default));
            }

            return;
        }

        world.After(Delay(), null, () =>
        {
            var result = operate();
            if (!dice.Chance(weather.StorageFails) && !world.IsCut(silo.Node, Node))
            {
                world.After(Delay(), silo, () => Finish(result));
            }
        });

        void Finish(TResult? result)
        {
            if (!over)
            {
                over = true;
                done(result);
            }
        }
    }

    private TimeSpan Delay()
    {
        var dice = world.Dice;
        return dice.Chance(world.Weather.StorageSlow) ? dice.Seconds(0.5, 60) : dice.Seconds(0.002, 0.1);
    }
}
