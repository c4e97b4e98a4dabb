using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Metadata;

namespace EngageCenter.Access;

/// <summary>
/// Whether every silo that is in the cluster waits, before a sign-in takes groups away, for what others have lent of the
/// person. One that does not lend does not wait, nor does one of an earlier release: while it is there, an activation there
/// may come after one here that has lent.
/// </summary>
internal sealed class WaitingSilos(IClusterManifestProvider manifests, IClusterMembershipService members)
{
    /// <summary>What a silo's manifest says of the grain type.</summary>
    public const string Property = "engagecenter.waits-for-lent-decisions";

    private static readonly GrainType user = GrainType.Create("user");

    private volatile Answer? known;

    public bool AreAll
    {
        get
        {
            var (manifest, membership) = (manifests.Current, members.CurrentSnapshot);
            if (known is { } before && ReferenceEquals(before.Manifest, manifest) && ReferenceEquals(before.Members, membership))
            {
                return before.AreAll;
            }

            var areAll = SilosOfCluster.AllHave(manifest, membership, Waits);
            known = new(manifest, membership, areAll);
            return areAll;
        }
    }

    private static bool Waits(GrainManifest silo) => silo.Grains.TryGetValue(user, out var grain) && grain.Properties.ContainsKey(Property);

    private sealed record Answer(ClusterManifest Manifest, ClusterMembershipSnapshot Members, bool AreAll);
}

/// <summary>Says in the manifest of a silo that lends that the grain waits for what other activations of it have lent: see <see cref="WaitingSilos"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class WaitsForLentDecisionsAttribute : Attribute, IGrainPropertiesProviderAttribute
{
    public void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties)
    {
        if (Lends(services))
        {
            properties[WaitingSilos.Property] = bool.TrueString;
        }
    }

    // Settings that cannot be used end the silo: the host's own validation says so in one line, and must not be preceded by this.
    private static bool Lends(IServiceProvider services)
    {
        try
        {
            return services.GetRequiredService<IOptions<AccessOptions>>().Value.LendsDecisions;
        }
        catch (Exception e) when (e is OptionsValidationException or InvalidOperationException)
        {
            return false;
        }
    }
}
