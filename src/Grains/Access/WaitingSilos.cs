using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Metadata;

namespace EngageCenter.Access;

/// <summary>
/// Tells whether every silo in the cluster waits for decisions that earlier activations lent, before a sign-in takes groups
/// away. A silo that does not lend does not wait, nor does a silo of an earlier release. While such a silo is in the cluster,
/// the person's next activation may be there, so no silo lends.
/// </summary>
internal sealed class WaitingSilos(IClusterManifestProvider manifests, IClusterMembershipService members)
{
    /// <summary>The property of the grain type in a silo's manifest that says so.</summary>
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

/// <summary>Adds to the manifest of a silo that lends that the grain waits for decisions lent by other activations of it. See <see cref="WaitingSilos"/>.</summary>
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

    // Invalid settings end the silo. The host's own validation reports them in one line, and nothing may be thrown before it.
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
