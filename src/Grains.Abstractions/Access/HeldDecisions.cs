using System.Collections.Concurrent;
using EngageCenter.Users;

namespace EngageCenter.Access;

/// <summary>
/// The web node's part of decision leases: which decisions it may answer by without asking, and until when. Times are
/// durations since any fixed moment on one monotonic clock. Thread-safe.
/// </summary>
/// <remarks>
/// A recall drops nothing by hand: it raises a number, and a decision counts only while the numbers of its workspace and of
/// its person are those from when its request was sent. So one that is on its way during a recall is void like one that is
/// held. Some workspaces share a number, and then lose their decisions together, which costs a call and is always safe.
/// In two halves: new ones go into the younger half. When it is full it becomes the older one, and what was in the older one
/// and not used meanwhile is forgotten.
/// </remarks>
/// <typeparam name="TDecision">What is answered.</typeparam>
/// <param name="max">Decisions at most; at least 2.</param>
internal sealed class HeldDecisions<TDecision>(int max)
    where TDecision : class
{
    private const int Numbers = 4_096;

    private readonly Lock gate = new();
    private readonly int half = max / 2;
    private readonly long[] workspaces = new long[Numbers];
    private readonly long[] persons = new long[Numbers];

    // Replaced, and written to, under the gate only.
    private volatile Halves halves = new(new(), new());
    private (int Younger, int Older) counts;

    /// <summary>How many there are, some perhaps run out or recalled already.</summary>
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

    /// <summary>To be called before a request is sent.</summary>
    public DecisionRequest Ask(PersonId person, string workspaceId, TimeSpan now) =>
        new(now, Volatile.Read(ref NumberOf(workspaceId)), Volatile.Read(ref NumberOf(person)));

    /// <summary>Keeps the answer to a request. One that was recalled since the request was sent is never used.</summary>
    /// <param name="signIn">With which it was asked for.</param>
    public void Keep(DecisionRequest request, SignIn signIn, string workspaceId, TDecision decision, DecisionLease lease) =>
        Put(new(signIn.Person, workspaceId), new(decision, signIn, lease.KnownAt, request, request.Sent + lease.For));

    /// <summary>A decision that still stands, and covers the sign-in; otherwise null, and the person's grain has to be asked.</summary>
    public TDecision? Find(SignIn signIn, string workspaceId, TimeSpan now)
    {
        var key = new Key(signIn.Person, workspaceId);
        var current = halves;
        var isYounger = current.Younger.TryGetValue(key, out var held);
        if ((!isYounger && !current.Older.TryGetValue(key, out held)) || !held!.Covers(signIn))
        {
            return null;
        }

        // A decision that is void must not push a valid one out.
        if (!isYounger && Stands(key, held, now))
        {
            Put(key, held);
        }

        // The last thing before the answer.
        return Stands(key, held, now) ? held.Decision : null;
    }

    /// <summary>Gives up what there is of a workspace, and what is on its way.</summary>
    public void Recall(string workspaceId) => Interlocked.Increment(ref NumberOf(workspaceId));

    /// <summary>Gives up what there is of a person, and what is on its way.</summary>
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
            // What is put again since it was used may have been replaced by a newer one meanwhile.
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
        // The very sign-in that it was made for, or one that is older than what decided.
        public bool Covers(SignIn signIn) => signIn.LeavesGroupsOut == Asked.LeavesGroupsOut
            && ((!signIn.LeavesGroupsOut && signIn.IssuedAt < KnownAt)
                || (signIn.IssuedAt == Asked.IssuedAt && signIn.Groups.AsSpan().SequenceEqual(Asked.Groups.AsSpan())));
    }
}

/// <summary>A request for a decision on its way: when it was sent, and the numbers of recalls that were current then.</summary>
internal readonly record struct DecisionRequest(TimeSpan Sent, long Workspace, long Person);
