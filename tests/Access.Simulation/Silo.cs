namespace EngageCenter.Access.Simulation;

/// <summary>The owner's answer to a request for a lease.</summary>
internal sealed record LeaseReply(PolicyAnswerKind Kind, Policy? Policy = null, TimeSpan Lease = default, long Key = 0);

/// <summary>The right to decide by a policy for a limited time, like <see cref="Lease{TLeased}"/>.</summary>
/// <param name="key">Represents a <see cref="DecisionKey"/>: a proof is valid only with the key that made it.</param>
internal sealed class Lease(Policy policy, long key, Silo silo, TimeSpan expires)
{
    public Policy Policy => policy;

    public long Key => key;

    public bool IsRecalled { get; set; }

    public bool IsValid => !IsRecalled && silo.Clock < expires;

    /// <summary>The remaining time, for a decision that is made by it now.</summary>
    public TimeSpan Left => expires - silo.Clock;
}

/// <summary>The settings that a process was started with. They change, but not on all silos at the same time.</summary>
internal sealed record Terms(TimeSpan Lease, TimeSpan Authority);

/// <summary>
/// A process with its own settings. It is the shell around a <see cref="PolicyHolder"/>, which behaves like <see cref="PolicyCache"/>,
/// and around the decisions lent to web nodes, which behaves like <see cref="DecisionLending"/>.
/// </summary>
internal sealed class Silo(Simulation simulation, int node, int run, TimeSpan clock, Terms terms)
    : Process(simulation.World, node, $"s{node}.{run}", clock)
{
    private readonly World world = simulation.World;
    private Slot slot = new();

    public Terms Terms => terms;

    /// <summary>The web nodes that have decisions of the workspace from this silo.</summary>
    public Lending Lent { get; } = new(simulation);

    /// <summary>Where the workspace is according to this silo's grain directory.</summary>
    public OwnerActivation? View { get; set; }

    /// <summary>Gets a policy to decide by, from memory if there is one.</summary>
    public void Get(Action<PolicyAnswerKind, Lease?> done)
    {
        if (slot.Lease is { IsValid: true } lease)
        {
            done(PolicyAnswerKind.Leased, lease);
        }
        else
        {
            Ask(1, done);
        }
    }

    /// <param name="done">Called when neither this silo nor a web node decides by the recalled lease any more.</param>
    public void Recall(Action done)
    {
        world.History.Notes?.Note(world.Now, Name, slot.Lease is { IsValid: true } held ? $"gives up epoch {held.Policy.Epoch}" : "is recalled, and holds nothing");
        if (slot.Lease is { } lease)
        {
            lease.IsRecalled = true;
        }

        slot.Lease = null;
        slot.Holder.Recall();
        if (simulation.Fault != Fault.GrantSurvivesRecall)
        {
            slot.Request = null;
        }

        if (simulation.Fault == Fault.SiloAnswersBeforeWebNodes)
        {
            Lent.TakeBack(this, web => web.Recall(), () => { });
            done();
        }
        else
        {
            Lent.TakeBack(this, web => web.Recall(), done);
        }
    }

    private void Ask(int attempt, Action<PolicyAnswerKind, Lease?> done)
    {
        if (slot.Lease is { IsValid: true } lease)
        {
            done(PolicyAnswerKind.Leased, lease);
            return;
        }

        var isOlder = attempt == 1 && slot.Request is not null;
        if (slot.Request is null)
        {
            slot.Request = [];
            Request(slot, slot.Request, slot.Holder.Ask(Clock), Clock);
        }

        slot.Request.Add((kind, leased) =>
        {
            if (kind != PolicyAnswerKind.Recalled && !(kind == PolicyAnswerKind.NoWorkspace && isOlder))
            {
                done(kind, leased);
            }
            else if (attempt == PolicyCache.Attempts)
            {
                done(PolicyAnswerKind.Unconfirmed, null);
            }
            else
            {
                Ask(attempt + 1, done);
            }
        });
    }

    private void Request(Slot asking, List<Action<PolicyAnswerKind, Lease?>> waiting, long number, TimeSpan asked)
    {
        var owner = simulation.Route(this);
        world.History.Notes?.Note(world.Now, Name, $"asks {owner} for a lease");
        world.Call<LeaseReply>(this, owner.Silo, reply => owner.Lease(this, reply), answer =>
        {
            if (simulation.Fault == Fault.GrantSurvivesRecall && asking.Request == waiting && !asking.Holder.IsAsking)
            {
                number = asking.Holder.Ask(asked);
            }

            var (kind, lease) = Answered(asking, number, answer);
            foreach (var who in waiting)
            {
                world.Soon(this, () => who(kind, lease));
            }
        });
    }

    private (PolicyAnswerKind Kind, Lease? Lease) Answered(Slot asking, long number, LeaseReply? answer)
    {
        if (answer?.Policy is not { } policy)
        {
            if (asking.Holder.Failed(number))
            {
                asking.Request = null;
                slot = new();
            }

            return (answer?.Kind ?? PolicyAnswerKind.Unconfirmed, null);
        }

        if (simulation.Fault == Fault.HolderCountsFromAnswer && asking.Holder.Failed(number))
        {
            number = asking.Holder.Ask(Clock);
        }

        if (asking.Holder.Granted(number, simulation.Fault == Fault.HolderCountsItsOwnLease ? terms.Lease : answer.Lease) is not { } expires)
        {
            return (PolicyAnswerKind.Recalled, null);
        }

        asking.Request = null;
        asking.Lease = new(policy, answer.Key, this, expires);
        world.History.Notes?.Note(world.Now, Name, $"has epoch {policy.Epoch} for {(expires - Clock).TotalSeconds:F3} s");
        return (PolicyAnswerKind.Leased, asking.Lease);
    }

    private sealed class Slot
    {
        public PolicyHolder Holder { get; } = new();

        public Lease? Lease { get; set; }

        /// <summary>Callers that wait for the current request.</summary>
        public List<Action<PolicyAnswerKind, Lease?>>? Request { get; set; }
    }
}
