using Orleans.Metadata;

namespace EngageCenter.Access;

/// <summary>Reads from the manifests of all silos whether all of them support something.</summary>
internal static class SilosOfCluster
{
    /// <summary>
    /// Whether every silo that may run grains has something that silos of an earlier release lack. A silo whose manifest has not
    /// arrived yet counts as a silo of an earlier release.
    /// </summary>
    public static bool AllHave(ClusterManifest manifest, ClusterMembershipSnapshot members, Func<GrainManifest, bool> has) =>
        manifest.Silos.Values.All(has)
        && members.Members.Values.All(member =>
            member.Status is SiloStatus.Dead or SiloStatus.Created or SiloStatus.None or SiloStatus.Joining || manifest.Silos.ContainsKey(member.SiloAddress));
}
