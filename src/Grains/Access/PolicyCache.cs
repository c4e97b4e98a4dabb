using EngageCenter.Storage;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Access;

/// <summary>The policies that this silo holds by lease, one copy for all its user grains.</summary>
internal sealed class PolicyCache(
    IGrainFactory grains, DecisionProofs proofs, DecisionLending lending, AccessMetrics metrics, TimeProvider time, ILogger<PolicyCache> logger)
    : LeaseCache<LeasedPolicy, IPolicyHolder>(grains, metrics, time, logger, "policies", MaxPolicies), IPolicyHolder
{
    /// <summary>The most policies in memory. If there are more, the least recently used ones are given up.</summary>
    public const int MaxPolicies = 20_000;

    /// <summary>
    /// Checks a decision for a grain that is asked to act on it. Returns the current policy if the decision was made by it and is
    /// proven; otherwise null, and the caller has to decide again.
    /// </summary>
    /// <exception cref="UnauthorizedAccessException">The decision is about another workspace, or does not allow what is required. The caller should not have passed it on.</exception>
    public async ValueTask<LeasedPolicy?> Accept(AccessDecision decision, string workspaceId, Permissions required)
    {
        if (decision.WorkspaceId != workspaceId || !decision.Allows(required))
        {
            throw new UnauthorizedAccessException($"The decision does not allow {required} in this workspace.");
        }

        var answer = await Get(workspaceId);
        if (answer.Lease is not { } lease || lease.Leased.Epoch != decision.Epoch || !await proofs.IsValid(decision, lease.Leased.Key))
        {
            return null;
        }

        // The lease may have been granted to an earlier request and have expired since.
        return lease.IsValid ? lease.Leased : null;
    }

    /// <summary>
    /// Returns the current policy for a grain that acts for an application, which has no decision; null if there is no such
    /// workspace.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The policy cannot be confirmed.</exception>
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

            // If not, it was recalled or expired before this code went on.
            if (lease.IsValid)
            {
                return lease.Leased;
            }
        }

        throw new StorageUnavailableException("The workspace's policy cannot be confirmed now.");
    }

    /// <summary>Rule 10. Completes when no web node uses a decision any more that this silo made by the lease.</summary>
    public override Task Recall(string key)
    {
        // The lease ends first, so that nothing more can be lent by it.
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
