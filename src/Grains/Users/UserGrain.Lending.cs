using System.Collections.Immutable;
using EngageCenter.Access;

namespace EngageCenter.Users;

/// <summary>What is lent to web nodes of a person's decisions, and what a sign-in that takes groups away waits for.</summary>
internal sealed partial class UserGrain
{
    private LentDecisions<IDecisionHolder>? lent;
    private long activatedAt;

    // An activation before this one lent only after it had stored a row. Without a row there was none: if it has written one
    // since, our own first write fails.
    private bool mayHavePredecessor;

    // Sign-ins and observations on their way to storage. One that was not confirmed stays here: what storage holds is then
    // unknown, the activation ends, and nothing more may be lent by what it knows.
    private int arriving;
    private bool hasEnded;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        hasEnded = true;
        return Task.CompletedTask;
    }

    /// <summary>
    /// The decision with a lease for the web node that asked, if it takes one: only a member's, by the sign-in and the lease of
    /// now. Whoever is no member is asked for each time.
    /// </summary>
    private EffectiveAccess Lend(EffectiveAccess access, SignIn signIn)
    {
        if (signIn.Holder is not { } holder || arriving > 0 || !lending.IsLending || hasEnded || access.Decision.Standing != Standing.Member
            || !known.TryGetValue(access.Decision.WorkspaceId, out var made) || !ReferenceEquals(made.Access, access) || !Stands(made)
            || !Covers(signIn) || observation.AsOf(durable.Seen) is not { } knownAt)
        {
            return access;
        }

        return lending.Lend(access.Decision.WorkspaceId, holder, made.Lease, lent ??= new()) is { } length ? access with { Lease = new(length, knownAt) } : access;
    }

    /// <summary>
    /// Rule 11. Stores what is newly known of the person's groups, and has them decide. Nothing is lent meanwhile; and before
    /// groups are taken away nobody has a decision any more that was lent before, by this activation or one before it.
    /// </summary>
    /// <param name="groups">Those that will decide.</param>
    /// <param name="store">Begins in this turn, unless groups are taken away.</param>
    private Task Arrive(ImmutableArray<Guid> groups, Func<Task> store) => Arrive(lending.IsOn && Groups.Except(groups).Any(), store);

    /// <param name="takesAway">Whether the person may lose a right by it.</param>
    /// <param name="store">Begins in this turn, unless something is taken away.</param>
    private async Task Arrive(bool takesAway, Func<Task> store)
    {
        arriving++;
        if (lending.IsOn && takesAway)
        {
            await TakeBack();
        }

        await store();
        arriving--;
    }

    private async Task TakeBack()
    {
        // What an activation before this one has lent nobody knows. It lent for no longer than this, and had ended before.
        // Only the clock tells when that has run out.
        var predecessors = mayHavePredecessor ? DecisionLease.Longest - time.GetElapsedTime(activatedAt) : TimeSpan.Zero;
        await Task.WhenAll(
            predecessors > TimeSpan.Zero ? Task.Delay(predecessors, time) : Task.CompletedTask,
            lent is null ? Task.CompletedTask : lending.TakeBack(lent, holder => holder.RecallPerson(Person)));
    }
}
