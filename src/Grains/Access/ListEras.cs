using Orleans.Metadata;

namespace EngageCenter.Access;

/// <summary>
/// Tells in which era this silo reads the lists of groups. Within one era every silo raises the version in the set of known ids
/// before a list grows (<see cref="IVersionedGroup"/>), so the versions show whether a list is complete.
/// </summary>
/// <remarks>
/// A silo of an earlier release lets a list grow without raising the version. So a new era begins whenever the members of the
/// cluster change. There is no era while a member runs an earlier release or its manifest has not arrived. A list that was
/// read in one era does not count in another.
/// </remarks>
internal sealed class ListEras(IClusterManifestProvider manifests, IClusterMembershipService membership)
{
    private static readonly GrainInterfaceType versioned = GrainInterfaceType.Create("EngageCenter.IVersionedGroup");

    private readonly Lock reading = new();
    private MajorMinorVersion manifestVersion;
    private MembershipVersion membershipVersion;
    private Guid era;
    private bool isRead;

    /// <summary>Returns the current era; empty if there is none.</summary>
    public Guid Current()
    {
        lock (reading)
        {
            var (manifest, members) = (manifests.Current, membership.CurrentSnapshot);
            if (!isRead || manifest.Version != manifestVersion || members.Version != membershipVersion)
            {
                (manifestVersion, membershipVersion, isRead) = (manifest.Version, members.Version, true);
                era = SilosOfCluster.AllHave(manifest, members, silo => silo.Interfaces.ContainsKey(versioned)) ? Guid.NewGuid() : Guid.Empty;
            }

            return era;
        }
    }
}
