namespace EngageCenter.Access;

/// <summary>Checks, for a grain that is asked to act on a decision, that a silo of this cluster made the decision.</summary>
internal sealed class DecisionProofs(IGrainFactory grains, IClusterManifestProvider manifests)
{
    private static readonly GrainInterfaceType decisionMaker = GrainInterfaceType.Create(IDecisionMaker.TypeName);

    /// <summary>Whether the decision is proven. The caller also compares its epoch, and tests the lease or the authority last.</summary>
    /// <param name="key">The key of the policy to act by; null if its owner runs an earlier release, which has no keys.</param>
    public ValueTask<bool> IsValid(AccessDecision decision, DecisionKey? key) =>
        key is null || key.Proves(decision) ? new(true) : new(WasMade(decision));

    // After a silo was lost or believed lost, two owners of one policy can exist for a while. Each has its own key, and both
    // grant leases of the same epoch. If the decision was made by the other owner's lease, to decide again would give the same
    // decision again and again. So the person's grain is asked whether it made the decision.
    private async Task<bool> WasMade(AccessDecision decision) =>
        !EverySiloProves() || await grains.GetGrain<IDecisionMaker>(decision.Person.ToString()).Made(decision);

    // While a cluster is upgraded, silos of an earlier release make decisions without a proof.
    private bool EverySiloProves() => manifests.Current.Silos.Values.All(silo => silo.Interfaces.ContainsKey(decisionMaker));
}

/// <summary>Makes a person's decisions. Implemented by the person's grain, with the same key.</summary>
[GrainInterfaceType(TypeName), Alias(TypeName)]
internal interface IDecisionMaker : IGrainWithStringKey
{
    const string TypeName = "EngageCenter.IDecisionMaker";

    /// <summary>Whether this grain made the decision, by a lease that is still valid. Answers from memory.</summary>
    [Alias("Made"), ResponseTimeout("00:00:05")]
    ValueTask<bool> Made(AccessDecision decision);
}
