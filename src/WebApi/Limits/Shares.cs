using System.Threading.RateLimiting;

namespace EngageCenter.WebApi.Limits;

/// <summary>Whose part of the whole is used up.</summary>
internal enum Scope
{
    Caller,
    Tenant,
    Node,
}

/// <summary>
/// A number of equal things that the callers of a node share. One caller and one tenant can have only a part of them, and all
/// strangers together only a small one, whatever the number of their tenants.
/// </summary>
internal sealed class Shares : IDisposable
{
    // In the order of Scope. Who has used up their own part never waits in the queue of everybody.
    private readonly PartitionedRateLimiter<Claimant>[] limiters;
    private readonly int perCaller;
    private readonly int ofStrangers;
    private int taken;
    private int waiting;

    /// <param name="total">What the node has; at least 1.</param>
    /// <param name="perCaller">What one caller can have of it; at least 1.</param>
    /// <param name="perTenant">What all callers of one tenant can have together; at least 1.</param>
    /// <param name="ofStrangers">What all strangers can have together; at least 1.</param>
    public Shares(int total, int perCaller, int perTenant, int ofStrangers)
    {
        this.perCaller = Math.Min(perCaller, total);
        this.ofStrangers = Math.Min(ofStrangers, total);
        limiters =
        [
            Limiter(who => (who.Caller, who.IsStranger), PartOf),
            Limiter(who => who.IsStranger ? (Guid.Empty, true) : (who.Tenant, false), who => who.IsStranger ? this.ofStrangers : Math.Min(perTenant, total)),
            Limiter(_ => 0, _ => total),
        ];
    }

    /// <summary>What a caller can have at most.</summary>
    public int PartOf(Claimant who) => who.IsStranger ? Math.Min(perCaller, ofStrangers) : perCaller;

    /// <summary>How many are in use.</summary>
    public int Taken => Volatile.Read(ref taken);

    /// <summary>How many requests wait for some.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>Takes some now, or none. Nobody who waits is overtaken.</summary>
    public Share TryTake(Claimant who, int count = 1)
    {
        var share = new Share(this, count);
        foreach (var limiter in limiters)
        {
            if (!share.Add(limiter.AttemptAcquire(who, count)))
            {
                return share;
            }
        }

        return share.Complete();
    }

    // Waits until some are free, oldest first; not taken where the patience ends before.
    private async ValueTask<Share> TakeAsync(Claimant who, int count, CancellationToken patience)
    {
        var share = new Share(this, count);
        try
        {
            foreach (var limiter in limiters)
            {
                if (!share.Add(await limiter.AcquireAsync(who, count, patience)))
                {
                    return share;
                }
            }

            return share.Complete();
        }
        catch (OperationCanceledException)
        {
            share.GiveUp();
            return share;
        }
    }

    /// <summary>Waits for <see cref="NodeLimits.Patience"/> at most.</summary>
    /// <param name="of">What it is, for the answer.</param>
    /// <exception cref="OverLimitException">None was free in time.</exception>
    public async ValueTask<Share> TakeWithinAsync(Claimant who, int count, string of, TimeProvider time, CancellationToken cancellation)
    {
        if (TryTake(who, count) is { IsTaken: true } atOnce)
        {
            return atOnce;
        }

        using var patience = new CancellationTokenSource(NodeLimits.Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        Interlocked.Increment(ref waiting);
        var share = await TakeAsync(who, count, either.Token);
        Interlocked.Decrement(ref waiting);
        if (share.IsTaken)
        {
            return share;
        }

        cancellation.ThrowIfCancellationRequested();
        throw OverLimitException.Of(share.UsedUp, of);
    }

    public void Dispose()
    {
        foreach (var limiter in limiters)
        {
            limiter.Dispose();
        }
    }

    // The queue is bounded by those who can wait: requests at work and bodies on their way, each at most once.
    private static PartitionedRateLimiter<Claimant> Limiter<TKey>(Func<Claimant, TKey> key, Func<Claimant, int> permits)
        where TKey : notnull => PartitionedRateLimiter.Create<Claimant, TKey>(who => RateLimitPartition.GetConcurrencyLimiter(
            key(who), _ => new() { PermitLimit = permits(who), QueueLimit = int.MaxValue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst }));

    /// <summary>What one request took, or why it could not. Give it back by disposing it.</summary>
    internal sealed class Share(Shares shares, int count) : IDisposable
    {
        private readonly List<RateLimitLease> leases = new(3);
        private bool counted;

        public bool IsTaken { get; private set; }

        /// <summary>Whose part is used up, where it is not taken.</summary>
        public Scope UsedUp => (Scope)leases.Count;

        public bool Add(RateLimitLease lease)
        {
            if (lease.IsAcquired)
            {
                leases.Add(lease);
                return true;
            }

            lease.Dispose();
            GiveUp();
            return false;
        }

        public Share Complete()
        {
            (IsTaken, counted) = (true, true);
            Interlocked.Add(ref shares.taken, count);
            return this;
        }

        public void GiveUp() => leases.ForEach(lease => lease.Dispose());

        public void Dispose()
        {
            if (counted)
            {
                counted = false;
                Interlocked.Add(ref shares.taken, -count);
                GiveUp();
            }
        }
    }
}
