using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Access;

/// <summary>
/// Leased copies that this process may decide by for a limited time, shared by all callers in the process. The rules are in
/// <see cref="PolicyHolder"/>. When the cache is full, it gives up the leases that were used least recently.
/// </summary>
/// <typeparam name="TLeased">A copy of what an owner guards.</typeparam>
/// <typeparam name="THolder">This cache, as its owners see it.</typeparam>
internal abstract class LeaseCache<TLeased, THolder>
    where TLeased : class
    where THolder : class, IGrainObserver
{
    /// <summary>How often a caller asks or decides again. Each attempt was overtaken by a change or a newer token, and many of those may come in a row.</summary>
    public const int Attempts = 50;

    private readonly ConcurrentDictionary<string, Slot> slots = new(StringComparer.Ordinal);
    private readonly Lock adding = new();
    private readonly Lock referenceLock = new();
    private readonly IGrainFactory grains;
    private readonly AccessMetrics metrics;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly int capacity;
    private readonly long origin;
    private THolder? reference;

    /// <param name="capacity">The most leases and open requests together. If all of them are open requests, a further key is unconfirmed.</param>
    protected LeaseCache(IGrainFactory grains, AccessMetrics metrics, TimeProvider time, ILogger logger, string kind, int capacity)
    {
        (this.grains, this.metrics, this.time, this.logger, this.capacity) = (grains, metrics, time, logger, capacity);
        origin = time.GetTimestamp();
        metrics.ObserveLeases(kind, () => slots.Count(slot => slot.Value.Lease is { HasEnded: false }));
    }

    /// <summary>Where requests for leases run: on the thread pool, unless a simulation runs all on one thread.</summary>
    internal TaskScheduler Requests { get; init; } = TaskScheduler.Default;

    private TimeSpan Now => time.GetElapsedTime(origin);

    /// <summary>Returns a valid lease from memory, or asks the owner for one.</summary>
    public ValueTask<Leasing<TLeased>> Get(string key) =>
        Held(key) is { } lease ? new(new Leasing<TLeased>(PolicyAnswerKind.Leased, lease)) : new(Ask(key));

    /// <summary>
    /// Returns what to call to recall a lease from a holder. If the holder is this process, that is this object itself: while
    /// the silo shuts down, its own reference is no longer answered, and the release of its workspaces would wait until leases
    /// expire. A silo that has not yet asked for a lease has no reference, and within a grain's turn none can be created.
    /// </summary>
    public THolder Nearest(THolder holder) => holder.Equals(Volatile.Read(ref reference)) ? (THolder)(object)this : holder;

    /// <summary>Gives up a lease, also one that is still on its way as the answer to an earlier request.</summary>
    public virtual Task Recall(string key)
    {
        if (slots.TryGetValue(key, out var slot))
        {
            lock (slot)
            {
                slot.Lease?.Recall();
                slot.Lease = null;
                slot.Holder.Recall();
                slot.Request = null;
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Returns a lease that is valid now, or null. Does not ask for one.</summary>
    protected Lease<TLeased>? Held(string key) =>
        slots.TryGetValue(key, out var slot) && slot.Lease is { IsValid: true } lease ? lease : null;

    /// <summary>Asks the owner for a lease.</summary>
    /// <param name="known">The copy that was leased last, if it was not recalled since.</param>
    protected abstract Task<(PolicyAnswerKind Kind, TLeased? Leased, TimeSpan Lease)> Request(IGrainFactory grains, string key, TLeased? known, THolder holder);

    private async Task<Leasing<TLeased>> Ask(string key)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (SlotOf(key) is not { } slot)
            {
                break;
            }

            Task<Leasing<TLeased>> request;
            bool isOlder;
            lock (slot)
            {
                if (slot.Forgotten)
                {
                    continue;
                }

                if (slot.Lease is { IsValid: true } lease)
                {
                    return new(PolicyAnswerKind.Leased, lease);
                }

                // All callers that ask meanwhile wait for the same answer. The request runs outside of the calling grain's turn,
                // because that grain may end first.
                isOlder = attempt == 0 && slot.Request is not null;
                if (slot.Request is null)
                {
                    var (number, known) = (slot.Holder.Ask(Now), slot.Lease?.Leased);
                    slot.Request = Task.Factory.StartNew(
                        () => Request(key, slot, number, known), CancellationToken.None, TaskCreationOptions.DenyChildAttach, Requests).Unwrap();
                }

                request = slot.Request;
            }

            var answer = await request;
            if (answer.Kind == PolicyAnswerKind.Unconfirmed)
            {
                metrics.Unconfirmed();
            }

            // The answer 'no such workspace' to an earlier request may be out of date. A lease is valid whenever it was asked for.
            if (answer.Kind != PolicyAnswerKind.Recalled && !(answer.Kind == PolicyAnswerKind.NoWorkspace && isOlder))
            {
                return answer;
            }
        }

        metrics.Unconfirmed();
        return new(PolicyAnswerKind.Unconfirmed, null);
    }

    private async Task<Leasing<TLeased>> Request(string key, Slot slot, long number, TLeased? known)
    {
        (PolicyAnswerKind Kind, TLeased? Leased, TimeSpan Lease) answer;
        try
        {
            answer = await Request(grains, key, known, Reference());
        }
        catch (Exception e)
        {
            LeaseLog.Unconfirmed(logger, key, e);
            answer = (PolicyAnswerKind.Unconfirmed, null, default);
        }

        Lease<TLeased>? lease = null;
        lock (slot)
        {
            if (answer.Leased is not { } leased)
            {
                // If the request was recalled meanwhile, another one has replaced it, and that one must not be ended here.
                if (slot.Holder.Failed(number))
                {
                    slot.Request = null;
                    Forget(key, slot);
                }

                return new(answer.Kind, null);
            }

            if (slot.Holder.Granted(number, answer.Lease) is not { } expires)
            {
                return new(PolicyAnswerKind.Recalled, null);
            }

            slot.Request = null;
            slot.Lease = lease = new(leased, () => Now, expires);
        }

        metrics.Leased();
        return new(PolicyAnswerKind.Leased, lease);
    }

    private THolder Reference()
    {
        lock (referenceLock)
        {
            return reference ??= grains.CreateObjectReference<THolder>((THolder)(object)this);
        }
    }

    /// <summary>Returns the slot of the key, or a new one if there is room; otherwise null.</summary>
    private Slot? SlotOf(string key)
    {
        if (slots.TryGetValue(key, out var known))
        {
            return known;
        }

        lock (adding)
        {
            if (slots.Count >= capacity)
            {
                MakeRoom();
            }

            return slots.Count >= capacity ? null : slots.GetOrAdd(key, _ => new());
        }
    }

    // Removes a tenth at a time, because it goes through all slots. The owner still counts a lease that is given up here. When
    // it recalls that lease, this process finds none and answers at once.
    private void MakeRoom()
    {
        var uses = new List<(TimeSpan Used, string Key, Slot Slot)>(slots.Count);
        foreach (var (key, slot) in slots)
        {
            lock (slot)
            {
                if (slot.Request is null)
                {
                    uses.Add((slot.Lease is { HasEnded: false } lease ? lease.Used : TimeSpan.MinValue, key, slot));
                }
            }
        }

        var given = 0;
        foreach (var (_, key, slot) in uses.OrderBy(u => u.Used).Take(Math.Max(1, capacity / 10)))
        {
            lock (slot)
            {
                if (slot is { Request: null, Forgotten: false })
                {
                    given += slot.Lease is { HasEnded: false } ? 1 : 0;
                    slot.Lease?.Recall();
                    Forget(key, slot);
                }
            }
        }

        metrics.GaveUp(given);
    }

    // A recall no longer finds the slot, so no lease may be put into it from now on.
    private void Forget(string key, Slot slot)
    {
        slot.Forgotten = true;
        slots.TryRemove(new(key, slot));
    }

    private sealed class Slot
    {
        public PolicyHolder Holder { get; } = new();

        public Lease<TLeased>? Lease { get; set; }

        public Task<Leasing<TLeased>>? Request { get; set; }

        public bool Forgotten { get; set; }
    }
}

internal static partial class LeaseLog
{
    [LoggerMessage(LogLevel.Warning, "A lease of {Key} could not be confirmed")]
    public static partial void Unconfirmed(ILogger logger, string key, Exception exception);
}

/// <summary>
/// The right to decide by a copy for a limited time. Test <see cref="IsValid"/> last, right before the answer: a recalled
/// lease must not decide anything more.
/// </summary>
/// <param name="clock">Returns the current time on the clock of <paramref name="expires"/>.</param>
internal sealed class Lease<TLeased>(TLeased leased, Func<TimeSpan> clock, TimeSpan expires)
{
    // All callers share the lease, so a use shortly after another one is not recorded.
    private static readonly long resolution = TimeSpan.FromMilliseconds(100).Ticks;

    private volatile bool recalled;
    private long used = clock().Ticks;

    public TLeased Leased => leased;

    /// <summary>Whether the lease may decide now. Reading this counts as a use.</summary>
    public bool IsValid
    {
        get
        {
            var now = clock();
            if (recalled || now >= expires)
            {
                return false;
            }

            if (now.Ticks - Volatile.Read(ref used) > resolution)
            {
                Volatile.Write(ref used, now.Ticks);
            }

            return true;
        }
    }

    /// <summary>Whether it was recalled or has expired. Reading this does not count as a use.</summary>
    public bool HasEnded => recalled || clock() >= expires;

    /// <summary>When it was last used, to 100 ms.</summary>
    public TimeSpan Used => new(Volatile.Read(ref used));

    /// <summary>How much longer it is valid if it is not recalled.</summary>
    public TimeSpan Left => expires - clock();

    public void Recall() => recalled = true;
}

internal enum PolicyAnswerKind
{
    Unconfirmed,
    Leased,
    NoWorkspace,

    /// <summary>The request was recalled on its way; ask again.</summary>
    Recalled,
}

/// <summary>The result of a request for a lease.</summary>
internal readonly record struct Leasing<TLeased>(PolicyAnswerKind Kind, Lease<TLeased>? Lease);
