namespace EngageCenter.Access;

/// <summary>For a grain that is asked to act on a decision: whether a silo of this cluster made it.</summary>
internal sealed class DecisionProofs(IGrainFactory grains, IClusterManifestProvider manifests)
{
    private static readonly GrainInterfaceType decisionMaker = GrainInterfaceType.Create(IDecisionMaker.TypeName);

    /// <summary>Whether the decision is proven. Its epoch has to be compared as well, and the lease or the authority tested last.</summary>
    /// <param name="key">Of the policy to act by; null where its owner is a silo of an earlier release, which gives none.</param>
    public ValueTask<bool> Hold(AccessDecision decision, DecisionKey? key) =>
        key is null || key.Proves(decision) ? new(true) : new(HoldOtherwise(decision));

    // Two owners of one policy can exist for a while, after a silo was lost or believed lost. Each has a key of its own, and
    // both grant leases of the same epoch. So where the decision was made by the other one's lease, the person's grain says
    // whether that is so: the caller could decide again as often as it liked, and would get the same decision.
    private async Task<bool> HoldOtherwise(AccessDecision decision) =>
        !EverySiloProves() || await grains.GetGrain<IDecisionMaker>(decision.Person.ToString()).Made(decision);

    // While a cluster is upgraded, silos of an earlier release make decisions without a proof.
    private bool EverySiloProves() => manifests.Current.Silos.Values.All(silo => silo.Interfaces.ContainsKey(decisionMaker));
}

/// <summary>Who makes a person's decisions: implemented by the person's grain, keyed as it.</summary>
[GrainInterfaceType(TypeName), Alias(TypeName)]
internal interface IDecisionMaker : IGrainWithStringKey
{
    const string TypeName = "EngageCenter.IDecisionMaker";

    /// <summary>Whether this grain made the decision, by a lease that is still valid. From memory.</summary>
    [Alias("Made"), ResponseTimeout("00:00:05")]
    ValueTask<bool> Made(AccessDecision decision);
}
