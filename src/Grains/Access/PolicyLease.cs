using EngageCenter.Workspaces;
using Orleans.Concurrency;

namespace EngageCenter.Access;

/// <summary>A workspace's policy and its contract, as the owner, the workspace grain, gives them to a silo.</summary>
/// <param name="Epoch">The policy's version; grows by one with each change to it.</param>
/// <param name="Terms">Null if an earlier release stored the workspace and its agreement has not updated it yet.</param>
/// <param name="Key">The key that proves decisions by this policy; null from an owner of an earlier release.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.LeasedPolicy")]
internal sealed record LeasedPolicy(
    [property: Id(0)] WorkspaceHeader Workspace,
    [property: Id(1)] AccessPolicy Policy,
    [property: Id(2)] long Epoch,
    [property: Id(3)] ContractTerms? Terms,
    [property: Id(4)] DecisionKey? Key = null)
{
    /// <summary>Returns the decision with its proof, if there is a key.</summary>
    public AccessDecision Prove(AccessDecision decision) => Key?.Prove(decision) ?? decision;
}

/// <param name="Policy">Null if there is no such workspace, or if nothing can be confirmed now.</param>
/// <param name="Lease">How long the policy may be used: the owner's setting, which may differ from the silo's own.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.LeaseAnswer")]
internal readonly record struct LeaseAnswer(
    [property: Id(0)] PolicyAnswerKind Kind,
    [property: Id(1)] LeasedPolicy? Policy = null,
    [property: Id(2)] TimeSpan Lease = default);

/// <summary>The policies that a silo holds, as the workspace grains see them.</summary>
[GrainInterfaceType("EngageCenter.IPolicyHolder"), Alias("EngageCenter.IPolicyHolder")]
internal interface IPolicyHolder : IGrainObserver
{
    /// <summary>
    /// Gives up the policy of a workspace, also one that is still on its way as the answer to an earlier request. Interleaves, so
    /// that a recall that waits for a web node does not hold up recalls of other workspaces.
    /// </summary>
    [Alias("Recall"), AlwaysInterleave]
    Task Recall(string workspaceId);
}

/// <summary>The owner of a workspace's policy: its grain.</summary>
[GrainInterfaceType("EngageCenter.IPolicyOwner"), Alias("EngageCenter.IPolicyOwner")]
internal interface IPolicyOwner : IGrainWithStringKey
{
    /// <summary>
    /// Leases the policy to a silo for <see cref="AccessOptions.Lease"/>. Interleaves, so that a change that waits does not hold
    /// up checks.
    /// </summary>
    [Alias("Lease"), AlwaysInterleave]
    Task<LeaseAnswer> Lease(IPolicyHolder holder);
}
