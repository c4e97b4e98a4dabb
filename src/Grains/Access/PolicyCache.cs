using System.Collections.Concurrent;
using EngageCenter.Storage;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Access;

/// <summary>
/// The policies that this silo may decide by, one copy for all user grains here. At most <see cref="MaxPolicies"/>;
/// what is forgotten is asked for again.
/// </summary>
internal sealed partial class PolicyCache : IPolicyHolder
{
    public const int MaxPolicies = 20_000;

    /// <summary>Whoever has to ask or to decide again does so because a change, or a newer token, came first: so many may come in a row.</summary>
    public const int Attempts = 50;

    private readonly ConcurrentDictionary<string, Slot> slots = new(StringComparer.Ordinal);
    private readonly Lock referenceLock = new();
    private readonly IGrainFactory grains;
    private readonly DecisionProofs proofs;
    private readonly AccessMetrics metrics;
    private readonly TimeProvider time;
    private readonly ILogger<PolicyCache> logger;
    private readonly long origin;
    private IPolicyHolder? reference;

    public PolicyCache(IGrainFactory grains, DecisionProofs proofs, AccessMetrics metrics, TimeProvider time, ILogger<PolicyCache> logger)
    {
        (this.grains, this.proofs, this.metrics, this.time, this.logger) = (grains, proofs, metrics, time, logger);
        origin = time.GetTimestamp();
        metrics.ObserveLeases(() => slots.Count(slot => slot.Value.Lease is { IsValid: true }));
    }

    private TimeSpan Now => time.GetElapsedTime(origin);

    /// <summary>A policy to decide by, from memory where there is one.</summary>
    public ValueTask<PolicyAnswer> Get(string workspaceId) =>
        slots.TryGetValue(workspaceId, out var slot) && slot.Lease is { IsValid: true } lease
            ? new(new PolicyAnswer(PolicyAnswerKind.Leased, lease))
            : new(Ask(workspaceId));

    /// <summary>
    /// For a grain that is asked to act on a decision: the current policy, if the decision is of it and proven; else null,
    /// and the caller has to decide again. One that lacks the permission should not have been handed on.
    /// </summary>
    /// <exception cref="UnauthorizedAccessException">It is of another workspace, or does not allow what is required.</exception>
    public async ValueTask<LeasedPolicy?> Accept(AccessDecision decision, string workspaceId, Permissions required)
    {
        if (decision.WorkspaceId != workspaceId || !decision.Allows(required))
        {
            throw new UnauthorizedAccessException($"The decision does not allow {required} in this workspace.");
        }

        var answer = await Get(workspaceId);
        if (answer.Lease is not { } lease || lease.Leased.Epoch != decision.Epoch || !await proofs.Hold(decision, lease.Leased.Key))
        {
            return null;
        }

        // The answer may be to a request that was sent before this act was asked for, and have come late.
        return lease.IsValid ? lease.Leased : null;
    }

    /// <summary>
    /// For a grain that acts for an application, which no decision lets in: the policy of now, or null where there is no
    /// such workspace.
    /// </summary>
    /// <exception cref="StorageUnavailableException">It cannot be confirmed.</exception>
    public async ValueTask<LeasedPolicy?> Current(string workspaceId)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var answer = await Get(workspaceId);
            if (answer.Kind == PolicyAnswerKind.NoWorkspace)
            {
                return null;
            }

            if (answer.Lease is not { } lease)
            {
                break;
            }

            // Else it was recalled, or ran out, before the grain had its turn.
            if (lease.IsValid)
            {
                return lease.Leased;
            }
        }

        throw new StorageUnavailableException("The workspace's policy cannot be confirmed now.");
    }

    /// <summary>
    /// Whom to recall a lease from: for one that this silo holds, this object itself. While the silo shuts down its own
    /// reference is no longer answered, and the release of its workspaces would wait for leases to run out. A silo that
    /// has not asked for any lease has no reference yet, and within a grain's turn none can be made.
    /// </summary>
    public IPolicyHolder Nearest(IPolicyHolder holder) => holder.Equals(Volatile.Read(ref reference)) ? this : holder;

    public Task Recall(string workspaceId)
    {
        if (slots.TryGetValue(workspaceId, out var slot))
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

    private async Task<PolicyAnswer> Ask(string workspaceId)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var slot = slots.GetOrAdd(workspaceId, _ => new());
            Task<PolicyAnswer> request;
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

                // All who ask meanwhile wait for the same answer. It is asked outside of the asking grain's turn,
                // since that grain may end first.
                isOlder = attempt == 0 && slot.Request is not null;
                if (slot.Request is null)
                {
                    var number = slot.Holder.Ask(Now);
                    slot.Request = Task.Run(() => Request(workspaceId, slot, number));
                }

                request = slot.Request;
            }

            var answer = await request;
            if (answer.Kind == PolicyAnswerKind.Unconfirmed)
            {
                metrics.Unconfirmed();
            }

            // That there was no workspace when somebody else asked says nothing of now; a lease does, by itself.
            if (answer.Kind != PolicyAnswerKind.Recalled && !(answer.Kind == PolicyAnswerKind.NoWorkspace && isOlder))
            {
                return answer;
            }
        }

        metrics.Unconfirmed();
        return new(PolicyAnswerKind.Unconfirmed, null);
    }

    private async Task<PolicyAnswer> Request(string workspaceId, Slot slot, long number)
    {
        LeaseAnswer answer;
        try
        {
            answer = await grains.GetGrain<IPolicyOwner>(workspaceId).Lease(Reference());
        }
        catch (Exception e)
        {
            LogUnconfirmed(logger, workspaceId, e);
            answer = new(PolicyAnswerKind.Unconfirmed);
        }

        PolicyLease? lease = null;
        lock (slot)
        {
            if (answer.Policy is not { } policy)
            {
                // One that was recalled meanwhile has a successor, which is not ours to end.
                if (slot.Holder.Failed(number))
                {
                    slot.Request = null;
                    Forget(workspaceId, slot);
                }

                return new(answer.Kind, null);
            }

            if (slot.Holder.Granted(number, answer.Lease) is not { } expires)
            {
                return new(PolicyAnswerKind.Recalled, null);
            }

            slot.Request = null;
            slot.Lease = lease = new(policy, () => Now, expires);
        }

        metrics.Leased();
        Trim();
        return new(PolicyAnswerKind.Leased, lease);
    }

    private IPolicyHolder Reference()
    {
        lock (referenceLock)
        {
            return reference ??= grains.CreateObjectReference<IPolicyHolder>(this);
        }
    }

    // The owner goes on counting a lease that we forget, so a later recall of it finds nothing here, and that is an answer.
    private void Trim()
    {
        if (slots.Count <= MaxPolicies)
        {
            return;
        }

        foreach (var (workspaceId, slot) in slots)
        {
            lock (slot)
            {
                if (slot is { Request: null } && slot.Lease is not { IsValid: true })
                {
                    Forget(workspaceId, slot);
                }
            }
        }
    }

    // A recall would not find the slot any more, so nothing may come to be leased by it.
    private void Forget(string workspaceId, Slot slot)
    {
        slot.Forgotten = true;
        slots.TryRemove(new(workspaceId, slot));
    }

    [LoggerMessage(LogLevel.Warning, "The policy of workspace {WorkspaceId} could not be confirmed")]
    private static partial void LogUnconfirmed(ILogger logger, string workspaceId, Exception exception);

    private sealed class Slot
    {
        public PolicyHolder Holder { get; } = new();

        public PolicyLease? Lease { get; set; }

        public Task<PolicyAnswer>? Request { get; set; }

        public bool Forgotten { get; set; }
    }
}

internal enum PolicyAnswerKind
{
    Unconfirmed,
    Leased,
    NoWorkspace,

    /// <summary>Recalled while on its way: ask again.</summary>
    Recalled,
}

internal readonly record struct PolicyAnswer(PolicyAnswerKind Kind, PolicyLease? Lease);
