using Orleans.Metadata;

namespace EngageCenter.Access;

/// <summary>What the silos of a cluster say of themselves, for what holds only if all of them do it.</summary>
internal static class SilosOfCluster
{
    /// <summary>
    /// Whether every silo that may run grains has something that silos of an earlier release lack. A silo whose manifest has
    /// not arrived yet counts as one of an earlier release.
    /// </summary>
    public static bool AllHave(ClusterManifest manifest, ClusterMembershipSnapshot members, Func<GrainManifest, bool> has) =>
        manifest.Silos.Values.All(has)
        && members.Members.Values.All(member =>
            member.Status is SiloStatus.Dead or SiloStatus.Created or SiloStatus.None or SiloStatus.Joining || manifest.Silos.ContainsKey(member.SiloAddress));
}
