using EngageCenter.Storage;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Access;

/// <summary>The policies that this silo may decide by, one copy for all user grains here.</summary>
internal sealed class PolicyCache(
    IGrainFactory grains, DecisionProofs proofs, DecisionLending lending, AccessMetrics metrics, TimeProvider time, ILogger<PolicyCache> logger)
    : LeaseCache<LeasedPolicy, IPolicyHolder>(grains, metrics, time, logger, "policies", MaxPolicies), IPolicyHolder
{
    /// <summary>Policies in memory. One more takes the place of those that were used least recently.</summary>
    public const int MaxPolicies = 20_000;

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

    /// <summary>Rule 10: done when no web node decides either by what this silo decided by the lease.</summary>
    public override Task Recall(string key)
    {
        // First the lease: nothing more may be lent by it.
        var recalled = base.Recall(key);
        return recalled.IsCompletedSuccessfully ? lending.Recall(key) : Task.WhenAll(recalled, lending.Recall(key));
    }

    protected override async Task<(PolicyAnswerKind Kind, LeasedPolicy? Leased, TimeSpan Lease)> Request(
        IGrainFactory grains, string key, LeasedPolicy? known, IPolicyHolder holder)
    {
        var answer = await grains.GetGrain<IPolicyOwner>(key).Lease(holder);
        return (answer.Kind, answer.Policy, answer.Lease);
    }
}
