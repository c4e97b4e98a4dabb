using System.Collections.Concurrent;
using EngageCenter.Users;

namespace EngageCenter.Access;

/// <summary>
/// The decisions that a web node may reuse without a call, and until when: the web node's part of the rules for decision
/// leases. Times are durations since a fixed moment on one monotonic clock. Thread-safe.
/// </summary>
/// <remarks>
/// A recall removes no decision. It raises a number, and a decision counts only while the numbers of its workspace and of
/// its person are the same as when its request was sent. So a recall also voids decisions that are still on their way.
/// Some workspaces share a number and lose their decisions together. That is always safe, and costs a call each.
/// There are two halves. New decisions go into the younger half. When it is full it becomes the older half, and the
/// decisions of the former older half that were not used meanwhile are forgotten.
/// </remarks>
/// <typeparam name="TDecision">The decision that is kept.</typeparam>
/// <param name="max">The most decisions that are kept; at least 2.</param>
internal sealed class HeldDecisions<TDecision>(int max)
    where TDecision : class
{
    private const int Numbers = 4_096;

    private readonly Lock gate = new();
    private readonly int half = max / 2;
    private readonly long[] workspaces = new long[Numbers];
    private readonly long[] persons = new long[Numbers];

    // Replaced and written to only under the gate.
    private volatile Halves halves = new(new(), new());
    private (int Younger, int Older) counts;

    /// <summary>The number of decisions in memory. Some may have expired or been recalled.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return counts.Younger + counts.Older;
            }
        }
    }

    /// <summary>Starts a request. Call it before the request is sent.</summary>
    public DecisionRequest Ask(PersonId person, string workspaceId, TimeSpan now) =>
        new(now, Volatile.Read(ref NumberOf(workspaceId)), Volatile.Read(ref NumberOf(person)));

    /// <summary>Keeps the answer to a request. If it was recalled after the request was sent, it is never used.</summary>
    /// <param name="signIn">The sign-in that the request was sent with.</param>
    public void Keep(DecisionRequest request, SignIn signIn, string workspaceId, TDecision decision, DecisionLease lease) =>
        Put(new(signIn.Person, workspaceId), new(decision, signIn, lease.KnownAt, request, request.Sent + lease.For));

    /// <summary>Returns a valid decision that applies to the sign-in, or null if the person's grain has to be asked.</summary>
    public TDecision? Find(SignIn signIn, string workspaceId, TimeSpan now)
    {
        var key = new Key(signIn.Person, workspaceId);
        var current = halves;
        var isYounger = current.Younger.TryGetValue(key, out var held);
        if ((!isYounger && !current.Older.TryGetValue(key, out held)) || !held!.Covers(signIn))
        {
            return null;
        }

        // An expired or recalled decision must not push out a valid one.
        if (!isYounger && Stands(key, held, now))
        {
            Put(key, held);
        }

        // The validity is tested last, right before the answer.
        return Stands(key, held, now) ? held.Decision : null;
    }

    /// <summary>Gives up all decisions of a workspace, also those on their way.</summary>
    public void Recall(string workspaceId) => Interlocked.Increment(ref NumberOf(workspaceId));

    /// <summary>Gives up all decisions of a person, also those on their way.</summary>
    public void Recall(PersonId person) => Interlocked.Increment(ref NumberOf(person));

    private bool Stands(Key key, Held held, TimeSpan now) => now < held.Expires
        && held.Request.Workspace == Volatile.Read(ref NumberOf(key.WorkspaceId))
        && held.Request.Person == Volatile.Read(ref NumberOf(key.Person));

    private ref long NumberOf(string workspaceId) => ref workspaces[(uint)workspaceId.GetHashCode(StringComparison.Ordinal) % Numbers];

    private ref long NumberOf(PersonId person) => ref persons[(uint)person.GetHashCode() % Numbers];

    private void Put(Key key, Held held)
    {
        lock (gate)
        {
            // A decision that is put again because it was used may have been replaced by a newer one meanwhile.
            if (halves.Younger.TryGetValue(key, out var known) && known.Request.Sent > held.Request.Sent)
            {
                return;
            }

            if (counts.Younger >= half && known is null)
            {
                halves = new(new(), halves.Younger);
                counts = (0, counts.Younger);
            }

            counts.Younger += halves.Younger.TryAdd(key, held) ? 1 : 0;
            halves.Younger[key] = held;
            counts.Older -= halves.Older.TryRemove(key, out _) ? 1 : 0;
        }
    }

    private readonly record struct Key(PersonId Person, string WorkspaceId);

    private sealed record Halves(ConcurrentDictionary<Key, Held> Younger, ConcurrentDictionary<Key, Held> Older);

    private sealed record Held(TDecision Decision, SignIn Asked, DateTimeOffset KnownAt, DecisionRequest Request, TimeSpan Expires)
    {
        // The sign-in that the decision was made for, or one issued before the groups that decided were known.
        public bool Covers(SignIn signIn) => signIn.LeavesGroupsOut == Asked.LeavesGroupsOut
            && ((!signIn.LeavesGroupsOut && signIn.IssuedAt < KnownAt)
                || (signIn.IssuedAt == Asked.IssuedAt && signIn.Groups.AsSpan().SequenceEqual(Asked.Groups.AsSpan())));
    }
}

/// <summary>A request for a decision: when it was sent, and the recall numbers at that time.</summary>
internal readonly record struct DecisionRequest(TimeSpan Sent, long Workspace, long Person);
