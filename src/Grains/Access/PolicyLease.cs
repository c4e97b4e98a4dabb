using EngageCenter.Workspaces;
using Orleans.Concurrency;

namespace EngageCenter.Access;

/// <summary>A workspace's policy, and the contract that it comes from, as their owner, the workspace grain, hands them to a silo.</summary>
/// <param name="Epoch">The policy's version; grows by one with each change to it.</param>
/// <param name="Terms">Null until an agreement of an earlier release brings the workspace in line.</param>
/// <param name="Key">What decisions by it are proven with; null from an owner of an earlier release.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.LeasedPolicy")]
internal sealed record LeasedPolicy(
    [property: Id(0)] WorkspaceHeader Workspace,
    [property: Id(1)] AccessPolicy Policy,
    [property: Id(2)] long Epoch,
    [property: Id(3)] ContractTerms? Terms,
    [property: Id(4)] DecisionKey? Key = null)
{
    /// <summary>The decision as it is handed on: with its proof, where there is a key.</summary>
    public AccessDecision Prove(AccessDecision decision) => Key?.Prove(decision) ?? decision;
}

/// <param name="Policy">Null where there is no such workspace, or where nothing can be confirmed now.</param>
/// <param name="Lease">For how long: the owner's setting, which the silo's own need not be.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.LeaseAnswer")]
internal readonly record struct LeaseAnswer(
    [property: Id(0)] PolicyAnswerKind Kind,
    [property: Id(1)] LeasedPolicy? Policy = null,
    [property: Id(2)] TimeSpan Lease = default);

/// <summary>The policies that a silo holds, as the workspace grains know it.</summary>
[GrainInterfaceType("EngageCenter.IPolicyHolder"), Alias("EngageCenter.IPolicyHolder")]
internal interface IPolicyHolder : IGrainObserver
{
    /// <summary>
    /// Gives up the policy of a workspace, and whatever is on its way here from a request sent before. Interleaves: one that
    /// waits for a web node does not hold up those of other workspaces.
    /// </summary>
    [Alias("Recall"), AlwaysInterleave]
    Task Recall(string workspaceId);
}

/// <summary>The owner of a workspace's policy: its grain.</summary>
[GrainInterfaceType("EngageCenter.IPolicyOwner"), Alias("EngageCenter.IPolicyOwner")]
internal interface IPolicyOwner : IGrainWithStringKey
{
    /// <summary>
    /// Leases the policy to a silo for <see cref="AccessOptions.Lease"/>. Interleaves: a change that waits for its turn
    /// does not hold up whoever checks.
    /// </summary>
    [Alias("Lease"), AlwaysInterleave]
    Task<LeaseAnswer> Lease(IPolicyHolder holder);
}
