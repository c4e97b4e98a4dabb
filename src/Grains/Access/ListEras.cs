using Orleans.Metadata;

namespace EngageCenter.Access;

/// <summary>
/// Whether the lists of groups that this silo hears of can be told to be whole by the versions in a set of known ids: while
/// every silo raises them (<see cref="IVersionedGroup"/>).
/// </summary>
/// <remarks>
/// A silo of an earlier release lets a list grow without a word. So there is another era whenever the members of the cluster
/// change, and none while one of them is of an earlier release, or has not said what it is: nothing that was read in an era
/// counts in another.
/// </remarks>
internal sealed class ListEras(IClusterManifestProvider manifests, IClusterMembershipService membership)
{
    private static readonly GrainInterfaceType versioned = GrainInterfaceType.Create("EngageCenter.IVersionedGroup");

    private readonly Lock reading = new();
    private MajorMinorVersion manifestVersion;
    private MembershipVersion membershipVersion;
    private Guid era;
    private bool isRead;

    /// <summary>The era of now; empty for none.</summary>
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
