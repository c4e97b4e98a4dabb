using System.Threading.RateLimiting;

namespace EngageCenter.WebApi.Limits;

/// <summary>Says whose part of the whole is used up.</summary>
internal enum Scope
{
    Caller,
    Tenant,
    Node,
}

/// <summary>
/// Shares a number of equal things among the callers of a node. A caller and a tenant can have only a part of them, and all
/// strangers together only a small one, whatever the number of their tenants.
/// </summary>
internal sealed class Shares : IDisposable
{
    // In the order of Scope. A caller that has used up its own part waits there and never in the queue of the node.
    private readonly PartitionedRateLimiter<Claimant>[] limiters;
    private readonly int perCaller;
    private readonly int ofStrangers;
    private int taken;
    private int waiting;

    /// <param name="total">The number for the node; at least 1.</param>
    /// <param name="perCaller">The maximum for one caller; at least 1.</param>
    /// <param name="perTenant">The maximum for all callers of one tenant; at least 1.</param>
    /// <param name="ofStrangers">The maximum for all strangers together; at least 1.</param>
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

    /// <summary>Returns the maximum that a caller can have.</summary>
    public int PartOf(Claimant who) => who.IsStranger ? Math.Min(perCaller, ofStrangers) : perCaller;

    /// <summary>The number in use.</summary>
    public int Taken => Volatile.Read(ref taken);

    /// <summary>The number of requests that wait.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>Takes all of the count now, or nothing. Does not overtake waiting requests.</summary>
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

    // Waits until enough are free, oldest request first. The share is not taken if the patience ends before.
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

    /// <summary>Takes a share, and waits for it for <see cref="NodeLimits.Patience"/> at most.</summary>
    /// <param name="of">What is taken, for the refusal's text.</param>
    /// <exception cref="OverLimitException">Not enough became free in time.</exception>
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

    // Only active requests and bodies in transfer can wait, each at most once, so the queue is bounded by their number.
    private static PartitionedRateLimiter<Claimant> Limiter<TKey>(Func<Claimant, TKey> key, Func<Claimant, int> permits)
        where TKey : notnull => PartitionedRateLimiter.Create<Claimant, TKey>(who => RateLimitPartition.GetConcurrencyLimiter(
            key(who), _ => new() { PermitLimit = permits(who), QueueLimit = int.MaxValue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst }));

    /// <summary>What one request took, or why it could not. Dispose it to give it back.</summary>
    internal sealed class Share(Shares shares, int count) : IDisposable
    {
        private readonly List<RateLimitLease> leases = new(3);
        private bool counted;

        public bool IsTaken { get; private set; }

        /// <summary>Whose part is used up, if nothing was taken.</summary>
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
