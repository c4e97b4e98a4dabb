using EngageCenter.Users;

namespace EngageCenter.Access.Simulation;

/// <summary>A person with older and newer tokens.</summary>
internal sealed class Person(int number, StoredRow<UserState> storage)
{
    public int Number => number;

    public PersonId Id { get; } = new(Guid.Empty, new Guid(number + 1, 0, 0, new byte[8]));

    public StoredRow<UserState> Storage => storage;

    public List<SignIn> Tokens { get; } = [];

    public UserActivation? Activation { get; set; }

    public override string ToString() => $"user{number}";
}

internal sealed record CheckReply(WebDecision? Made, DecisionLease? Lease = null);

/// <summary>An activation of a user: the shell around <see cref="UserState"/> and a kept decision, which behaves like the user grain.</summary>
internal sealed class UserActivation(Simulation simulation, Person person, Silo silo)
{
    private readonly World world = simulation.World;
    private readonly long since = simulation.World.History.Mark();
    private readonly List<(Action Run, Action Refuse)> inbox = [];
    private List<(Action Done, Action Failed)> writing = [];
    private List<(Action Done, Action Failed)> waiting = [];
    private UserState stored = new();
    private UserState durable = new();
    private long version;
    private bool isActive;
    private bool isWriting;

    // The web nodes that have decisions of the person, and the number of sign-ins that are being stored: nothing is lent meanwhile.
    private readonly Lending lent = new(simulation);
    private int changing;
    private TimeSpan activated;
    private (Lease Lease, SeenUser Seen, bool Allowed)? known;

    public Silo Silo => silo;

    public bool IsOpen { get; private set; } = true;

    public override string ToString() => $"{person}@{silo}";

    public void Activate()
    {
        activated = silo.Clock;
        person.Storage.Read(silo, (isRead, row, readVersion) =>
        {
            if (!isRead)
            {
                End();
                return;
            }

            (stored, version, isActive) = (row ?? new(), readVersion, true);
            durable = stored;
            foreach (var (run, _) in inbox)
            {
                run();
            }

            inbox.Clear();
        });
    }

    /// <param name="web">The web node that asks, if any. It may get a lease of the decision.</param>
    public void Decide(SignIn token, WebNode? web, Action<CheckReply> reply)
    {
        if (isActive && IsOpen)
        {
            Run();
        }
        else if (IsOpen)
        {
            inbox.Add((Run, Refuse));
        }
        else
        {
            Refuse();
        }

        void Refuse() => reply(new(null));

        void Run()
        {
            var check = world.History.Begin(Kind.Check, ToString(), world.Now);
            (check.Person, check.Token, check.ActiveSince, check.AskedBy) = (person.Number, token, since, web);
            if (Covers(durable, token) && Recall())
            {
                Answer(check, known!.Value.Lease, known.Value.Allowed, reply);
                return;
            }

            Accept(token, () => Examine(1, check, reply), Refuse);
        }
    }

    /// <summary>Whether it made the decision, by a lease that is still valid.</summary>
    public void Made(Decision decision, Action<ActReply> reply) =>
        reply(new(isActive && IsOpen && Recall() && known!.Value.Lease.Key == decision.Key));

    public void End()
    {
        IsOpen = false;
        Over();
        foreach (var (_, refuse) in inbox.Concat(writing).Concat(waiting).ToList())
        {
            refuse();
        }

        inbox.Clear();
        writing.Clear();
        waiting.Clear();
    }

    /// <summary>The activation has ended, in order or with its silo. From now on it neither answers nor lends.</summary>
    public void Over() => world.History.Over(since);

    private bool Recall() => known is { } made && ReferenceEquals(made.Seen, durable.Seen) && made.Lease.IsValid;

    private void Examine(int attempt, Operation check, Action<CheckReply> reply)
    {
        if (attempt > PolicyCache.Attempts)
        {
            world.History.End(check, null, world.Now);
            reply(new(null));
            return;
        }

        if (Recall())
        {
            Answer(check, known!.Value.Lease, known.Value.Allowed, reply);
            return;
        }

        silo.Get((kind, lease) =>
        {
            if (lease is null)
            {
                known = null;
                if (kind == PolicyAnswerKind.NoWorkspace)
                {
                    Answer(check, null, false, reply);
                }
                else
                {
                    world.History.End(check, null, world.Now);
                    reply(new(null));
                }

                return;
            }

            var seen = durable.Seen!;
            var allowed = lease.Policy.Allows(person.Number, Simulation.Bits(seen.Groups));

            // A list of people may have to be told before the answer, which takes time.
            if (world.Dice.Chance(0.1))
            {
                world.After(world.Dice.Chance(0.1) ? world.Dice.Seconds(1, 12) : world.Dice.Seconds(0.001, 0.2), silo, Decided);
            }
            else
            {
                Decided();
            }

            void Decided()
            {
                if (!lease.IsValid || !ReferenceEquals(durable.Seen, seen))
                {
                    Examine(attempt + 1, check, reply);
                    return;
                }

                known = (lease, seen, allowed);
                Answer(check, lease, allowed, reply);
            }
        });
    }

    private void Answer(Operation check, Lease? lease, bool allowed, Action<CheckReply> reply)
    {
        var epoch = lease?.Policy.Epoch ?? 0;
        (check.Allowed, check.Seen, check.Groups) = (allowed, durable.Seen, Simulation.Bits(durable.Groups));
        world.History.End(check, epoch, world.Now);
        var made = new WebDecision(new(person.Number, epoch, allowed, lease?.Key ?? 0), durable.Seen, check.Groups, since);
        reply(new(made, check.AskedBy is { } web && lease is not null ? Lend(web, lease, check.Token!) : null));
    }

    // Like the user grain, it lends only a decision by the current sign-in and a valid lease.
    private DecisionLease? Lend(WebNode web, Lease lease, SignIn token)
    {
        if (changing > 0 || !IsOpen || !Recall() || known!.Value.Lease != lease || !durable.Covers(token))
        {
            return null;
        }

        var length = lease.Left < DecisionLease.Longest ? lease.Left : DecisionLease.Longest;
        return silo.Lent.Lend(silo, web, length) && lent.Lend(silo, web, length) ? new(length, durable.Seen!.LastSignInAt) : null;
    }

    private bool Covers(UserState state, SignIn token) => simulation.Fault == Fault.OlderTokenTaken
        ? state.Seen is { } seen && seen.LastSignInAt == token.IssuedAt && seen.Groups.SequenceEqual(token.Groups)
        : state.Covers(token);

    private UserState Accepted(UserState state, SignIn token) => simulation.Fault == Fault.OlderTokenTaken
        ? state with { Seen = new(token.Person, token.Profile, token.Groups, token.IssuedAt, token.IssuedAt) }
        : state.Accept(token);

    // Nothing is lent while a sign-in is being stored. Before a sign-in that takes groups away is stored, no web node has a
    // decision any more that was lent earlier. If storing fails, the activation ends.
    private void Accept(SignIn token, Action done, Action failed)
    {
        if (Covers(durable, token))
        {
            done();
            return;
        }

        changing++;
        if (durable.Groups.Except(Accepted(stored, token).Groups).Any() && simulation.Fault != Fault.NarrowerSignInDoesNotRecall)
        {
            var young = activated + DecisionLease.Longest - silo.Clock;
            if (young > TimeSpan.Zero && simulation.Fault != Fault.NewActivationDoesNotWait)
            {
                world.After(young, silo, TakeBack);
            }
            else
            {
                TakeBack();
            }
        }
        else
        {
            Store(token, Done, failed);
        }

        void TakeBack() => lent.TakeBack(silo, web => web.Recall(person), () => Store(token, Done, failed));

        void Done()
        {
            changing--;
            done();
        }
    }

    // Overlapping writes are joined into one.
    private void Store(SignIn token, Action done, Action failed)
    {
        if (!IsOpen)
        {
            failed();
            return;
        }

        if (Covers(durable, token))
        {
            done();
            return;
        }

        if (!Covers(stored, token))
        {
            stored = Accepted(stored, token);
            waiting.Add((done, failed));
        }
        else
        {
            (waiting.Count > 0 ? waiting : writing).Add((done, failed));
        }

        Write();
    }

    private void Write()
    {
        if (isWriting || waiting.Count == 0)
        {
            return;
        }

        isWriting = true;
        (writing, waiting) = (waiting, []);
        var next = stored;
        person.Storage.Write(silo, next, version, at =>
        {
            isWriting = false;
            if (!IsOpen)
            {
                return;
            }

            if (at is not { } now)
            {
                End();
                return;
            }

            (version, durable) = (now, next);
            world.History.Notes?.Note(world.Now, ToString(), $"stored the token of {durable.Seen!.LastSignInAt:HH:mm:ss}, groups {History.Bits(Simulation.Bits(durable.Groups))}");
            var done = writing;
            writing = [];
            foreach (var (then, _) in done)
            {
                then();
            }

            Write();
        });
    }
}
