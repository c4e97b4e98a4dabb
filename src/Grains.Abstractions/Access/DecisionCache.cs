using EngageCenter.Users;

namespace EngageCenter.Access;

/// <summary>The decisions that this web node may reuse without a call to a grain. The rules are in <see cref="HeldDecisions{TDecision}"/>.</summary>
internal sealed class DecisionCache : IDecisionHolder
{
    private readonly HeldDecisions<EffectiveAccess>? held;
    private readonly Lock referenceLock = new();
    private readonly IGrainFactory grains;
    private readonly AccessMetrics metrics;
    private readonly TimeProvider time;
    private readonly long origin;
    private IDecisionHolder? reference;

    /// <param name="max">The most decisions that are kept. With 0 none are kept, and every check asks the person's grain.</param>
    public DecisionCache(IGrainFactory grains, AccessMetrics metrics, TimeProvider time, int max)
    {
        (this.grains, this.metrics, this.time) = (grains, metrics, time);
        origin = time.GetTimestamp();
        if (max > 0)
        {
            held = new(max);
            metrics.ObserveDecisions(() => held.Count);
        }
    }

    /// <summary>Whether decisions are kept at all.</summary>
    public bool IsOn => held is not null;

    private TimeSpan Now => time.GetElapsedTime(origin);

    /// <summary>Returns a decision from memory that is still valid, or null.</summary>
    public EffectiveAccess? Find(SignIn signIn, string workspaceId)
    {
        var found = held?.Find(signIn, workspaceId, Now);
        metrics.FoundDecision(found is not null);
        return found;
    }

    /// <summary>Asks the person's grain, and keeps the answer if it comes with a lease.</summary>
    public async ValueTask<EffectiveAccess> Ask(IUserGrain person, SignIn signIn, string workspaceId)
    {
        if (held is null)
        {
            return await person.Explain(signIn, workspaceId);
        }

        var request = held.Ask(signIn.Person, workspaceId, Now);
        var access = await person.Explain(signIn with { Holder = Reference() }, workspaceId);
        if (access.Lease is { } lease)
        {
            access = access with { Lease = null };
            held.Keep(request, signIn, workspaceId, access, lease);
        }

        return access;
    }

    public Task Recall(string workspaceId)
    {
        held?.Recall(workspaceId);
        return Task.CompletedTask;
    }

    public Task RecallPerson(PersonId person)
    {
        held?.Recall(person);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Returns what to call to recall decisions from a holder. If the holder is this process, that is this object itself:
    /// while the process shuts down, its own reference cannot be called.
    /// </summary>
    public IDecisionHolder Nearest(IDecisionHolder holder) => holder.Equals(Volatile.Read(ref reference)) ? this : holder;

    private IDecisionHolder Reference()
    {
        if (Volatile.Read(ref reference) is { } known)
        {
            return known;
        }

        lock (referenceLock)
        {
            return reference ??= grains.CreateObjectReference<IDecisionHolder>(this);
        }
    }
}
