using System.Collections.Immutable;
using EngageCenter.Access;

namespace EngageCenter.Users;

/// <summary>The person's decisions that are lent to web nodes, and the wait of a sign-in that takes groups away.</summary>
internal sealed partial class UserGrain
{
    private LentDecisions<IDecisionHolder>? lent;
    private long activatedAt;

    // An earlier activation lent decisions only after it had stored a row. If there was no row, none was lent. If an earlier
    // activation has written a row since, our own first write fails.
    private bool mayHavePredecessor;

    // Sign-ins and observations that are being stored. If a write is not confirmed, its sign-in stays counted: it is unknown what
    // storage holds, the activation ends, and it must lend nothing more.
    private int arriving;
    private bool hasEnded;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        hasEnded = true;
        return Task.CompletedTask;
    }

    /// <summary>
    /// Adds a lease to the decision for the web node that asked, if it keeps decisions. Only a member's decision by the current
    /// sign-in and a valid policy lease is lent. A web node asks each time for people who are not members.
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
    /// Rule 11. Stores the newly known groups of the person, and then decides by them. Nothing is lent meanwhile. If groups are taken
    /// away, it first waits until no web node has a decision any more that this or an earlier activation lent.
    /// </summary>
    /// <param name="groups">The groups that will decide.</param>
    /// <param name="store">Starts in this turn, unless groups are taken away.</param>
    private Task Arrive(ImmutableArray<Guid> groups, Func<Task> store) => Arrive(lending.IsOn && Groups.Except(groups).Any(), store);

    /// <param name="takesAway">Whether the person may lose a right.</param>
    /// <param name="store">Starts in this turn, unless something is taken away.</param>
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

    public Task<TimeSpan> Prepare() => Task.FromResult(lending.IsOn && OfPredecessors > TimeSpan.Zero ? OfPredecessors : TimeSpan.Zero);

    // It is unknown what an earlier activation has lent. It had ended before this one began, and lent for at most this long.
    private TimeSpan OfPredecessors => mayHavePredecessor ? DecisionLease.Longest - time.GetElapsedTime(activatedAt) : TimeSpan.Zero;

    private async Task TakeBack()
    {
        // So only the clock tells when those decisions have expired.
        var predecessors = OfPredecessors;
        await Task.WhenAll(
            predecessors > TimeSpan.Zero ? Task.Delay(predecessors, time) : Task.CompletedTask,
            lent is null ? Task.CompletedTask : lending.TakeBack(lent, holder => holder.RecallPerson(Person)));
    }
}
