using System.Collections.Immutable;
using EngageCenter.Users;

namespace EngageCenter.Access.Simulation;

/// <summary>What happened in one run or in many.</summary>
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

/// <summary>What came of a run.</summary>
internal sealed record Outcome(ulong Seed, Totals Totals, History History, ImmutableArray<Violation> Violations);

/// <summary>
/// One workspace, a few silos and persons, and everything that can go wrong between them, drawn from a seed. First
/// trouble, then a time without, in which it has to recover. The same seed is the same run.
/// </summary>
internal sealed class Simulation
{
    /// <summary>Client operations and troubles of a run.</summary>
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

    // Whether silos are started with different settings.
    private readonly bool mixed;

    // How often the policy changes, beyond the usual.
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

    // Until then the policy changes only where a race that is set up has it changed.
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

    /// <summary>Checks that a web node answered without asking.</summary>
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

    /// <summary>Group ids as bits.</summary>
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

    /// <summary>Whether a decision is proven, as <see cref="DecisionProofs"/> has it.</summary>
    /// <param name="key">Of the policy to act by.</param>
    /// <param name="from">Where that is.</param>
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

    /// <summary>The activation that a silo's directory names, or another one, or a new one: directories agree only in the end.</summary>
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
            // A workspace comes to be, asked for twice.
            Change(null);
            outside = dice.Chance(0.5) ? null : outside;
            Change(null);
        }
        else
        {
            Storage.Put(new(new(1, Released: true, usual.Authority + usual.Lease), new(1, dice.Below(1 << Groups), dice.Below(1 << Persons))));
        }

        // How much trouble, of which kind.
        var variety = dice.Pick([0.2, 0.6]);
        var kinds = Enumerable.Range(0, 14).Where(_ => dice.Chance(variety)).ToList();
        if (dice.Chance(0.5))
        {
            // Late answers take a race that is set up, and most of these come to nothing.
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

    // The faults are over: what is on its way arrives, then all has to work again.
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

        // A client tries again what was refused.
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

    private void Work()
    {
        if (World.Now < quietUntil)
        {
            var somebody = dice.Pick(persons);
            Check(somebody, somebody.Tokens[^1]);
            return;
        }

        if (dice.Chance(churn))
        {
            Change(null);
            return;
        }

        switch (dice.Below(20))
        {
            case < 11:
                var person = dice.Pick(persons);
                Check(person, dice.Chance(0.7) ? person.Tokens[^1] : dice.Pick(person.Tokens));
                break;
            case < 14:
                Change(dice.Chance(0.3) && decisions.Count > 0 ? dice.Pick(decisions) : null);
                break;
            case < 16 when decisions.Count > 0:
                Act(HandedOn());
                break;
            case < 18 when decisions.Count > 0:
                ActElsewhere(HandedOn(), dice.Pick(silos));
                break;
            default:
                Issue(dice.Pick(persons));
                break;
        }
    }

    // The newest one, an older one, or one that somebody made up who has seen the newest, but for its proof.
    private Decision HandedOn() => dice.Chance(0.1)
        ? decisions[^1] with { Key = 0 }
        : dice.Chance(0.7) ? decisions[^1] : dice.Pick(decisions);

    private void Trouble(int kind, Silo silo)
    {
        switch (kind)
        {
            case 0 when !silo.IsDown:
                crashes++;
                Note(silo, "crashes");
                silo.IsDown = true;
                foreach (var person in persons.Where(p => p.Activation?.Silo == silo))
                {
                    person.Activation!.Over();
                }

                World.After(dice.Seconds(0.1, 20), null, () => silos[silo.Node] = NewSilo(silo.Node));
                break;
            case 1 when !silo.IsPaused && !silo.IsDown:
                pauses++;
                silo.PausedUntil = World.Now + (dice.Chance(0.5) ? dice.Seconds(0.5, 12) : dice.Seconds(25, 60));
                Note(silo, $"is paused until {silo.PausedUntil.TotalSeconds:F3}");
                break;
            case 2:
                CutOff(silo, dice.Pick(silos).Node);
                break;
            case 3:
                CutOff(silo, StoredRow<Row>.Node);
                break;
            case 4:
                var open = Open().ToList();
                if (open.Count > 0)
                {
                    dice.Pick(open).Stop();
                }

                break;
            case 5 when Open().Count() < MaxOwners:
                silo.View = NewOwner(silo);
                outside = dice.Chance(0.5) ? silo.View : outside;
                break;
            case 6 when dice.Chance(0.5):
                Narrow(dice.Pick(persons));
                break;
            case 6:
                dice.Pick(persons).Activation?.End();
                break;
            case 7:
                // Where the workspace is, that matters most.
                var near = Open().Select(o => o.Silo.Node).ToList();
                var (to, until) = (near.Count > 0 && dice.Chance(0.7) ? dice.Pick(near) : dice.Below(Nodes), World.Now + dice.Seconds(10, 60));
                Note(silo, $"takes long to reach node {to}, until {until.TotalSeconds:F3}");
                World.Jam(silo.Node, to, until);
                if (dice.Chance(0.5))
                {
                    Note(silo, $"is late to hear from node {to}, too");
                    World.Jam(to, silo.Node, until);
                }

                break;
            default:
                Trouble(kind, dice.Pick(webs), silo);
                break;
        }
    }

    private void Trouble(int kind, WebNode web, Silo silo)
    {
        switch (kind)
        {
            case 8 when !web.IsDown:
                webFaults++;
                Note(web, "crashes");
                web.IsDown = true;
                World.After(dice.Seconds(0.1, 10), null, () => webs[web.Node - Nodes] = NewWeb(web.Node));
                break;
            case 9 when !web.IsPaused && !web.IsDown:
                webFaults++;
                web.PausedUntil = World.Now + dice.Seconds(0.5, 30);
                Note(web, $"is paused until {web.PausedUntil.TotalSeconds:F3}");
                break;
            case 10:
                webFaults++;
                if (dice.Chance(0.3))
                {
                    CutOff(silo, web.Node);
                    break;
                }

                // Recalls, answers to them, or both.
                var until = World.Now + dice.Seconds(10, 60);
                foreach (var slow in silos.Where(s => s == silo || dice.Chance(0.5)))
                {
                    Note(web, $"and {slow.Name} are late to hear from each other, until {until.TotalSeconds:F3}");
                    World.Jam(web.Node, slow.Node, until);
                    World.Jam(slow.Node, web.Node, until);
                }

                break;
            case 11:
                var person = dice.Pick(persons);
                AnswerLate(UserOf(person).Silo, web, usual.Lease, () => CheckAt(web, person, person.Tokens[^1]));
                break;
            case 12 when decisions.Count > 0:
                var owner = Route(null).Silo;
                AnswerLate(owner, silo, owner.Terms.Lease, () =>
                {
                    // Whichever epoch the silo goes by.
                    foreach (var newest in decisions.GroupBy(d => d.Epoch).TakeLast(3).Select(d => d.Last()).ToList())
                    {
                        ActElsewhere(newest, silo);
                    }
                });
                break;
            case 13:
                GrantLate(silo);
                break;
            default:
                break;
        }
    }

    // What follows are races that chance alone seldom sets up.

    /// <summary>A person signs in with fewer groups, perhaps right after their activation ended, while web nodes know them by more.</summary>
    private void Narrow(Person person)
    {
        var before = person.Tokens[^1];
        var ends = dice.Chance(0.6);
        AskAgain(0, 1);
        World.After(dice.Seconds(1, 2), null, () =>
        {
            if (ends)
            {
                person.Activation?.End();
            }

            Issue(person, Bits(before.Groups) & dice.Below(1 << Groups));
            Check(person, person.Tokens[^1]);
            AskAgain(0, 6);
        });

        void AskAgain(double from, double to)
        {
            foreach (var web in webs)
            {
                for (var again = 0; again < 3; again++)
                {
                    World.After(dice.Seconds(from, to), null, () => CheckAt(webs[web.Node - Nodes], person, before));
                }
            }
        }
    }

    /// <summary>The answer to one recall is on its way when the next one is, and that one takes long.</summary>
    /// <param name="lender">Who recalls.</param>
    /// <param name="lease">How long it lends.</param>
    /// <param name="use">Has the holder ask for something again.</param>
    private void AnswerLate(Process lender, Process holder, TimeSpan lease, Action use)
    {
        var start = dice.Seconds(0.5, 1.5);
        Use(0, 0.5, 3);
        World.After(start, null, () =>
        {
            World.Hold(holder.Node, lender.Node, World.Now + TimeSpan.FromSeconds(2), lease.TotalSeconds + 2, lease.TotalSeconds + 7);
            Change(null);
        });

        // By then what was out has run out.
        var next = start + lease + dice.Seconds(0.2, 1);
        quietUntil = World.Now + next + lease;
        Use(next.TotalSeconds, next.TotalSeconds + 0.5, 3);
        World.After(next + TimeSpan.FromSeconds(1), null, () =>
        {
            World.Hold(lender.Node, holder.Node, World.Now + TimeSpan.FromSeconds(2), 6, 12);
            Change(null);
        });
        Use(next.TotalSeconds + 1, next.TotalSeconds + 10, 8);

        void Use(double from, double to, int times)
        {
            for (var time = 0; time < times; time++)
            {
                World.After(dice.Seconds(from, to), null, use);
            }
        }
    }

    /// <summary>A grant comes later than it is good for, and who comes meanwhile waits for it with who asked before.</summary>
    private void GrantLate(Silo holder)
    {
        // Nobody has a lease after it. Then somebody decides, elsewhere where that can be.
        Change(null);
        quietUntil = World.Now + usual.Lease + TimeSpan.FromSeconds(6);
        foreach (var person in persons)
        {
            World.After(dice.Seconds(0.5, 1), null, () => Check(person, person.Tokens[^1]));
        }

        World.After(TimeSpan.FromSeconds(1.5), null, () =>
        {
            if (decisions.Count == 0)
            {
                return;
            }

            var decision = decisions[^1];
            World.Hold(Route(null).Silo.Node, holder.Node, World.Now + TimeSpan.FromSeconds(2), 12, 17);
            ActElsewhere(decision, holder);
            World.After(dice.Seconds(0.3, 0.8), null, () => Change(null));
            for (var time = 0; time < 8; time++)
            {
                World.After(usual.Lease + dice.Seconds(0.5, 5), null, () => ActElsewhere(decision, holder));
            }
        });
    }

    private void CutOff(Silo silo, int from)
    {
        if (silo.Node != from && !World.IsCut(silo.Node, from))
        {
            cuts++;
            var until = dice.Seconds(1, 45);
            Note(silo, $"is cut off from {(from < 0 ? "storage" : $"node {from}")} for {until.TotalSeconds:F3} s");
            World.Cut(silo.Node, from);
            World.After(until, null, () => World.Heal(silo.Node, from));
        }
    }

    private void Check(Person person, SignIn token)
    {
        if (dice.Chance(0.6))
        {
            CheckAt(dice.Pick(webs), person, token);
        }
        else
        {
            var user = UserOf(person);
            World.Call<CheckReply>(null, user.Silo, reply => user.Decide(token, null, reply), Checked);
        }
    }

    private void CheckAt(WebNode web, Person person, SignIn token) =>
        World.Call<CheckReply>(null, web, reply => web.Check(person, token, reply), Checked);

    private void Checked(CheckReply? answer)
    {
        if (answer?.Made?.Decision is { Allowed: true } allowed)
        {
            decisions.Add(allowed);
            if (decisions.Count > 8)
            {
                decisions.RemoveAt(0);
            }
        }
    }

    private void Change(Decision? decision)
    {
        var (owner, bit) = (Route(null), dice.Below(Groups + Persons));
        World.Call<ChangeReply>(
            null,
            owner.Silo,
            reply => owner.Change(
                decision,
                policy => policy is null
                    ? new(1, 1 << dice.Below(Groups), 0)
                    : bit < Groups
                        ? policy with { Epoch = policy.Epoch + 1, Groups = policy.Groups ^ (1 << bit) }
                        : policy with { Epoch = policy.Epoch + 1, Contacts = policy.Contacts ^ (1 << (bit - Groups)) },
                reply),
            _ => { });
    }

    private void Act(Decision decision)
    {
        var owner = Route(dice.Pick(silos));
        World.Call<ActReply>(null, owner.Silo, reply => owner.Act(decision, reply), _ => { });
    }

    /// <summary>Rule 7, in a grain that is not the workspace: it goes by its own silo's copy, as <see cref="PolicyCache.Accept"/> does.</summary>
    private void ActElsewhere(Decision decision, Silo silo) => World.Call<ActReply>(
        null,
        silo,
        reply =>
        {
            var act = history.Begin(Kind.Act, $"grain@{silo}", World.Now);
            (act.Person, act.Decided, act.MadeUp) = (decision.Person, decision.Epoch, decision.Key == 0);
            silo.Get((_, lease) =>
            {
                if (lease is null || lease.Policy.Epoch != decision.Epoch)
                {
                    Answer(false);
                    return;
                }

                Hold(decision, lease.Key, silo, holds => Answer(holds && (lease.IsValid || Fault == Fault.ActByExpiredLease)));
            });

            void Answer(bool acts)
            {
                history.End(act, acts ? decision.Epoch : null, World.Now);
                reply(new(acts));
            }
        },
        _ => { });

    // Somebody's groups change now and then, and each token says what they are; some tokens are of the same second.
    private void Issue(Person person) => Issue(person, dice.Below(1 << Groups));

    private void Issue(Person person, int groups)
    {
        var issued = new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero).AddSeconds(Math.Floor(World.Now.TotalSeconds));
        person.Tokens.Add(SignIn.Create(
            person.Id, issued, new(person.ToString(), null, UserType.Member),
            Enumerable.Range(0, Groups).Where(g => (groups & (1 << g)) != 0).Select(g => new Guid(g, 0, 0, new byte[8]))));
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
