using Orleans.Metadata;

namespace EngageCenter.Grains.Tests;

/// <summary>The manifests of the silos of a cluster. While a test says so, one of them looks like a silo of an earlier release.</summary>
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
