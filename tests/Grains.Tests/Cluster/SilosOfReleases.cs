using Orleans.Metadata;

namespace EngageCenter.Grains.Tests;

/// <summary>What the silos of a cluster say they have, as if one of them were of an earlier release while a test says so.</summary>
internal sealed class SilosOfReleases(IClusterManifestProvider all, GrainCluster cluster) : IClusterManifestProvider
{
    public ClusterManifest Current
    {
        get
        {
            var now = all.Current;
            return new(
                new(now.Version.Major, (now.Version.Minor * 2) + (cluster.IsMixed ? 1 : 0)),
                cluster.IsMixed ? now.Silos.SetItem(now.Silos.Keys.Min()!, Earlier(now.Silos.Values.First())) : now.Silos);
        }
    }

    public IAsyncEnumerable<ClusterManifest> Updates => all.Updates;

    public GrainManifest LocalGrainManifest => all.LocalGrainManifest;

    public static GrainManifest Earlier(GrainManifest manifest) =>
        new(manifest.Grains, manifest.Interfaces.Remove(GrainInterfaceType.Create("EngageCenter.IVersionedGroup")));
}
