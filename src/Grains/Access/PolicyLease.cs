using EngageCenter.Workspaces;

namespace EngageCenter.Access;

/// <summary>A workspace's policy as its owner, the workspace grain, hands it to a silo.</summary>
/// <param name="Epoch">The policy's version; grows by one with each change to it.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.LeasedPolicy")]
internal sealed record LeasedPolicy(
    [property: Id(0)] WorkspaceHeader Workspace,
    [property: Id(1)] AccessPolicy Policy,
    [property: Id(2)] long Epoch);

/// <summary>
/// The right to decide by a policy for a limited time. The test of <see cref="IsValid"/> is the last thing before an
/// answer: a lease that was recalled decides nothing more.
/// </summary>
/// <param name="expires">A timestamp of the time provider, counted from when the lease was asked for.</param>
internal sealed class PolicyLease(LeasedPolicy leased, TimeProvider time, long expires)
{
    private volatile bool recalled;

    public LeasedPolicy Leased => leased;

    public bool IsValid => !recalled && time.GetTimestamp() < expires;

    public void Recall() => recalled = true;
}

/// <summary>The policies that a silo holds, as the workspace grains know it.</summary>
[GrainInterfaceType("EngageCenter.IPolicyHolder"), Alias("EngageCenter.IPolicyHolder")]
internal interface IPolicyHolder : IGrainObserver
{
    /// <summary>Gives up the policy of a workspace, and whatever is on its way here from a request sent before.</summary>
    [Alias("Recall")]
    Task Recall(string workspaceId);
}

/// <summary>The owner of a workspace's policy: its grain.</summary>
[GrainInterfaceType("EngageCenter.IPolicyOwner"), Alias("EngageCenter.IPolicyOwner")]
internal interface IPolicyOwner : IGrainWithStringKey
{
    /// <summary>Leases the policy to a silo for <see cref="AccessOptions.Lease"/>. Null where there is no such workspace.</summary>
    [Alias("Lease")]
    Task<LeasedPolicy?> Lease(IPolicyHolder holder);
}
