using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EngageCenter.Access;

/// <summary>
/// The policies that this silo may decide by, one copy for all user grains here. At most <see cref="MaxPolicies"/>;
/// what is forgotten is asked for again.
/// </summary>
internal sealed partial class PolicyCache(
    IGrainFactory grains, IOptions<AccessOptions> options, TimeProvider time, ILogger<PolicyCache> logger) : IPolicyHolder
{
    public const int MaxPolicies = 20_000;
    private const int Attempts = 5;

    private readonly ConcurrentDictionary<string, Slot> slots = new(StringComparer.Ordinal);
    private readonly Lock referenceLock = new();
    private IPolicyHolder? reference;

    /// <summary>A policy to decide by, from memory where there is one.</summary>
    public ValueTask<PolicyAnswer> Get(string workspaceId) =>
        slots.TryGetValue(workspaceId, out var slot) && slot.Lease is { IsValid: true } lease
            ? new(new PolicyAnswer(PolicyAnswerKind.Leased, lease))
            : new(Ask(workspaceId));

    public Task Recall(string workspaceId)
    {
        if (slots.TryGetValue(workspaceId, out var slot))
        {
            lock (slot)
            {
                // A grant that is on its way was given before this recall: its request no longer counts.
                slot.Recalls++;
                slot.Request = null;
                slot.Lease?.Recall();
                slot.Lease = null;
            }
        }

        return Task.CompletedTask;
    }

    private async Task<PolicyAnswer> Ask(string workspaceId)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var slot = slots.GetOrAdd(workspaceId, static _ => new());
            Task<PolicyAnswer> request;
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
                request = slot.Request ??= Task.Run(() => Request(workspaceId, slot, slot.Recalls));
            }

            var answer = await request;
            if (answer.Kind != PolicyAnswerKind.Recalled)
            {
                return answer;
            }
        }

        return new(PolicyAnswerKind.Unconfirmed, null);
    }

    private async Task<PolicyAnswer> Request(string workspaceId, Slot slot, long recalls)
    {
        // Counted from here, while the owner counts from its answer: we always let go first.
        var expires = time.GetTimestamp() + ((long)(options.Value.Lease.TotalSeconds * time.TimestampFrequency));
        LeasedPolicy? leased = null;
        var failed = false;
        try
        {
            leased = await grains.GetGrain<IPolicyOwner>(workspaceId).Lease(Reference());
        }
        catch (Exception e)
        {
            LogUnconfirmed(logger, workspaceId, e);
            failed = true;
        }

        lock (slot)
        {
            if (slot.Recalls != recalls)
            {
                return new(PolicyAnswerKind.Recalled, null);
            }

            slot.Request = null;
            if (leased is null)
            {
                Forget(workspaceId, slot);
                return new(failed ? PolicyAnswerKind.Unconfirmed : PolicyAnswerKind.NoWorkspace, null);
            }

            slot.Lease = new(leased, time, expires);
        }

        Trim();
        return new(PolicyAnswerKind.Leased, slot.Lease);
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
        public PolicyLease? Lease { get; set; }

        public Task<PolicyAnswer>? Request { get; set; }

        public long Recalls { get; set; }

        public bool Forgotten { get; set; }
    }
}

internal enum PolicyAnswerKind
{
    Leased,
    NoWorkspace,
    Unconfirmed,

    /// <summary>Recalled while on its way: ask again.</summary>
    Recalled,
}

internal readonly record struct PolicyAnswer(PolicyAnswerKind Kind, PolicyLease? Lease);
