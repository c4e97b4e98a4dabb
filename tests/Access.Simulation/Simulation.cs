using System.Collections.Immutable;

namespace EngageCenter.Access.Simulation;

/// <summary>Figures about one run or many.</summary>
internal sealed record Totals(
    int Seeds, int Decisions, int Changes, int Acts, int Unconfirmed, int Crashes, int Pauses, int Cuts, int Owners, int Duplicates, int MadeElsewhere, int Warm, int WebFaults, int Violations)
{
    public static Totals None { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    public static Totals operator +(Totals one, Totals other) => new(
        one.Seeds + other.Seeds, one.Decisions + other.Decisions, one.Changes + other.Changes, one.Acts + other.Acts,
        one.Unconfirmed + other.Unconfirmed, one.Crashes + other.Crashes, one.Pauses + other.Pauses, one.Cuts + other.Cuts,
        one.Owners + other.Owners, one.Duplicates + other.Duplicates,
        one.MadeElsewhere + other.MadeElsewhere, one.Warm + other.Warm, one.WebFaults + other.WebFaults, one.Violations + other.Violations);
}

/// <summary>The result of a run.</summary>
internal sealed record Outcome(ulong Seed, Totals Totals, History History, ImmutableArray<Violation> Violations);

/// <summary>
/// One workspace, a few silos and persons, and everything that can go wrong between them, drawn from a seed. A run has a time with
/// faults and then a time without, in which it has to recover. The same seed gives the same run.
/// </summary>
internal sealed partial class Simulation
{
    /// <summary>The client operations and faults of a run.</summary>
    public const int DefaultSteps = 540;

    private const int Nodes = 4;
    private const int WebNodes = 2;
    private const int Persons = 3;
    private const int Groups = 3;
    private const int MaxOwners = 4;

    private static readonly Terms usual = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20));
    private static readonly TimeSpan[] leases = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), usual.Lease, TimeSpan.FromSeconds(20)];
    private static readonly TimeSpan[] authorities = [TimeSpan.FromSeconds(5), usual.Authority, TimeSpan.FromSeconds(40)];

    private readonly Dice dice;

    // Whether silos have different settings.
    private readonly bool mixed;

    // How often the policy changes in addition.
    private readonly double churn;
    private readonly History history;
    private readonly Silo[] silos = new Silo[Nodes];
    private readonly WebNode[] webs = new WebNode[WebNodes];
    private readonly Person[] persons = new Person[Persons];
    private readonly List<OwnerActivation> owners = [];
    private readonly List<Decision> decisions = [];
    private OwnerActivation? outside;
    private int runs;
    private int ownersStarted;
    private int crashes;
    private int pauses;
    private int cuts;
    private int duplicates;
    private int madeElsewhere;
    private int webFaults;
    private long keys;

    // Until this time the policy changes only if an arranged race changes it.
    private TimeSpan quietUntil;

    private Simulation(ulong seed, Fault fault, bool keepNotes)
    {
        Fault = fault;
        dice = new(seed);
        history = new(keepNotes);
        World = new(dice, history);
        mixed = dice.Chance(0.5);
        churn = dice.Pick([0, 0, 0.2, 0.4]);
        Storage = new(World, history.Commit);
        for (var node = 0; node < Nodes; node++)
        {
            silos[node] = NewSilo(node);
        }

        for (var web = 0; web < WebNodes; web++)
        {
            webs[web] = NewWeb(Nodes + web);
        }

        for (var person = 0; person < Persons; person++)
        {
            persons[person] = new(person, new(World));
            Issue(persons[person]);
        }
    }

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(25);

    public Fault Fault { get; }

    /// <summary>Checks that a web node answered from memory.</summary>
    public int Warm { get; set; }

    public World World { get; }

    public StoredRow<Row> Storage { get; }

    public static Outcome Run(ulong seed, Fault fault = Fault.None, int steps = DefaultSteps, bool keepNotes = false)
    {
        var simulation = new Simulation(seed, fault, keepNotes);
        try
        {
            simulation.Trouble(steps);
            simulation.Recover();
        }
        catch (InvalidOperationException e)
        {
            simulation.history.Failures.Add($"{simulation.World.Now.TotalSeconds:F3}: {e}");
        }

        var (history, violations) = (simulation.history, Guarantees.Violated(simulation.history));
        int Count(Kind kind, bool confirmed) => history.Operations.Count(o => o.Kind == kind && o.Ended is not null && (o.Epoch is not null) == confirmed);
        return new(
            seed,
            new(1, Count(Kind.Check, true), Count(Kind.Change, true), Count(Kind.Act, true), Count(Kind.Check, false), simulation.crashes,
                simulation.pauses, simulation.cuts, simulation.ownersStarted, simulation.duplicates, simulation.madeElsewhere, simulation.Warm, simulation.webFaults, violations.Length),
            history,
            violations);
    }

    /// <summary>Returns ids of groups as bits.</summary>
    public static int Bits(ImmutableArray<Guid> groups)
    {
        var bits = 0;
        foreach (var group in groups)
        {
            bits |= 1 << group.ToByteArray()[0];
        }

        return bits;
    }

    public long NewKey() => ++keys;

    /// <summary>Whether a decision is proven, as <see cref="DecisionProofs"/> checks it.</summary>
    /// <param name="key">The key of the policy to act by.</param>
    /// <param name="from">The silo that acts.</param>
    public void Hold(Decision decision, long key, Silo from, Action<bool> then)
    {
        if (decision.Key == key || Fault == Fault.MadeUpDecisionActedOn)
        {
            then(true);
            return;
        }

        var user = UserOf(persons[decision.Person]);
        World.Call<ActReply>(from, user.Silo, reply => user.Made(decision, reply), answer =>
        {
            madeElsewhere += answer is { Acted: true } ? 1 : 0;
            then(answer is { Acted: true });
        });
    }

    /// <summary>Returns the activation that a silo's directory names, another one, or a new one: directories agree only eventually.</summary>
    public OwnerActivation Route(Silo? viewer)
    {
        var known = viewer is null ? outside : viewer.View;
        if (known is { IsOpen: true, Silo.IsDown: false } && !(known.Silo.IsPaused && dice.Chance(0.3)) && !dice.Chance(World.Weather.Astray))
        {
            return known;
        }

        var open = Open().Where(o => !o.Silo.IsPaused || dice.Chance(0.3)).ToList();
        var routed = open.Count == 0 || (open.Count < MaxOwners && dice.Chance(World.Weather.Duplicates))
            ? NewOwner(viewer)
            : dice.Pick(open);
        if (viewer is null)
        {
            outside = routed;
        }
        else
        {
            viewer.View = routed;
        }

        return routed;
    }

    private void Trouble(int steps)
    {
        if (dice.Chance(0.3))
        {
            // The workspace is created by two calls.
            Change(null);
            outside = dice.Chance(0.5) ? null : outside;
            Change(null);
        }
        else
        {
            Storage.Put(new(new(1, Released: true, usual.Authority + usual.Lease), new(1, dice.Below(1 << Groups), dice.Below(1 << Persons))));
        }

        // How much goes wrong, and of which kinds.
        var variety = dice.Pick([0.2, 0.6]);
        var kinds = Enumerable.Range(0, 14).Where(_ => dice.Chance(variety)).ToList();
        if (dice.Chance(0.5))
        {
            // Late answers need an arranged race, and most of these lead to nothing.
            kinds.AddRange([11, 11, 11, 12, 12, 12, 13, 13]);
        }

        var trouble = dice.Pick([0.03, 0.08, 0.15]);
        for (var step = 0; step < steps; step++)
        {
            var gap = dice.Below(20) switch { 0 => dice.Seconds(2, 14), < 5 => dice.Seconds(0.3, 2), _ => dice.Seconds(0, 0.3) };
            World.RunUntil(World.Now + gap);
            if (kinds.Count > 0 && World.Now >= quietUntil && dice.Chance(trouble))
            {
                Trouble(dice.Pick(kinds), silos[dice.Below(Nodes)]);
            }
            else
            {
                Work();
            }
        }
    }

    // The faults are over. What is on its way arrives, and then everything has to work again.
    private void Recover()
    {
        World.Weather = World.Weather.Fair();
        World.Heal();
        World.RunUntil(silos.Select(s => s.PausedUntil).Concat(webs.Select(w => w.PausedUntil)).Append(World.Now).Max());
        foreach (var other in Open().SkipLast(1).ToList())
        {
            other.Stop();
        }

        for (var over = World.Now + (3 * (authorities.Max() + leases.Max())); World.Now < over;)
        {
            World.RunUntil(World.Now + dice.Seconds(0, 3));
            Work();
        }

        // A client repeats an operation that was refused.
        var asked = history.Operations.Count;
        for (var attempt = 0; attempt < 4; attempt++)
        {
            foreach (var person in persons)
            {
                Check(person, person.Tokens[^1]);
            }

            Change(null);
            World.RunUntil(World.Now + authorities.Max());
        }

        var since = history.Operations.Skip(asked).ToList();
        if (!since.Any(o => o.Kind == Kind.Change && o.Epoch is not null))
        {
            history.Failures.Add("Without any more faults, no change succeeds.");
        }

        foreach (var person in persons)
        {
            if (!since.Any(o => o.Kind == Kind.Check && o.Person == person.Number && o.Epoch is not null))
            {
                history.Failures.Add($"Without any more faults, no check of {person} is answered.");
            }
        }
    }

    public UserActivation UserOf(Person person)
    {
        if (person.Activation is not { IsOpen: true, Silo.IsDown: false } active || (active.Silo.IsPaused && dice.Chance(0.3)))
        {
            person.Activation = active = new(this, person, Up());
            active.Activate();
        }

        return active;
    }

    private OwnerActivation NewOwner(Silo? near)
    {
        duplicates += Open().Any() ? 1 : 0;
        var owner = new OwnerActivation(this, near is { IsDown: false } && dice.Chance(0.5) ? near : Up(), ++ownersStarted);
        owners.RemoveAll(o => !o.IsOpen || o.Silo.IsDown);
        owners.Add(owner);
        Note(owner.Silo, $"activates {owner}");
        owner.Activate();
        return owner;
    }

    private IEnumerable<OwnerActivation> Open() => owners.Where(o => o is { IsOpen: true, Silo.IsDown: false });

    private Silo Up()
    {
        var up = silos.Where(s => s is { IsDown: false, IsPaused: false }).ToList();
        return up.Count > 0 ? dice.Pick(up) : dice.Pick(silos);
    }

    private Silo NewSilo(int node)
    {
        var silo = new Silo(this, node, ++runs, dice.Seconds(0, 100_000), mixed ? new(dice.Pick(leases), dice.Pick(authorities)) : usual);
        Note(silo, "starts");
        return silo;
    }

    private WebNode NewWeb(int node)
    {
        var web = new WebNode(this, node, ++runs, dice.Seconds(0, 100_000), dice.Chance(0.2) ? 2 : 100);
        Note(web, "starts");
        return web;
    }

    private void Note(Process process, string what) => history.Notes?.Note(World.Now, process.Name, what);
}
