using System.Collections.Immutable;
using System.Reflection;
using EngageCenter.Access;
using Orleans.Metadata;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>Which proofs a grain accepts: first those by its own policy's key, then what the person's grain confirms if there are two owners.</summary>
public class DecisionProofsTests
{
    private static readonly GrainInterfaceType decisionMaker = GrainInterfaceType.Create(IDecisionMaker.TypeName);
    private static readonly AccessDecision decision = new(new(Guid.NewGuid(), Guid.NewGuid()), "workspace", Standing.Member, Permissions.RenameSpace, 7);

    private readonly DecisionKey key = DecisionKey.New();
    private readonly List<AccessDecision> asked = [];

    [Fact]
    public async Task Proof_by_the_policys_own_key_is_accepted_without_a_call()
    {
        Assert.True(await Proofs(made: false, new[] { true, true }).IsValid(key.Prove(decision), key));
        Assert.Empty(asked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Decision_by_another_owners_lease_is_accepted_if_the_persons_grain_made_it(bool made)
    {
        var other = DecisionKey.New().Prove(decision);

        Assert.Equal(made, await Proofs(made, [true, true]).IsValid(other, key));
        Assert.Equal([other], asked);
    }

    [Fact]
    public async Task Decision_needs_no_proof_while_a_silo_of_an_earlier_release_runs()
    {
        Assert.True(await Proofs(made: false, [true, false]).IsValid(decision, key));
        Assert.False(await Proofs(made: false, [true, true]).IsValid(decision, key));
    }

    [Fact]
    public async Task Decision_needs_no_proof_if_the_owner_of_an_earlier_release_gives_no_key() =>
        Assert.True(await Proofs(made: false, [true, true]).IsValid(decision, null));

    private DecisionProofs Proofs(bool made, bool[] prove)
    {
        var factory = DispatchProxy.Create<IGrainFactory, Factory>();
        ((Factory)(object)factory).Maker = new Maker(made, asked);
        return new(factory, new Manifests(prove));
    }

    private sealed class Maker(bool made, List<AccessDecision> asked) : IDecisionMaker
    {
        public ValueTask<bool> Made(AccessDecision decision)
        {
            asked.Add(decision);
            return new(made);
        }
    }

    public class Factory : DispatchProxy
    {
        internal IDecisionMaker? Maker { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            Equals(args![0], decision.Person.ToString()) ? Maker : throw new InvalidOperationException($"{targetMethod!.Name} of {args[0]}.");
    }

    private sealed class Manifests(bool[] prove) : IClusterManifestProvider
    {
        public ClusterManifest Current { get; } = new(new(1, 0), prove
            .Select((proves, n) => (Silo: SiloAddress.New(new(System.Net.IPAddress.Loopback, n + 1), 1), Manifest: Of(proves)))
            .ToImmutableDictionary(s => s.Silo, s => s.Manifest));

        public IAsyncEnumerable<ClusterManifest> Updates => throw new NotSupportedException();

        public GrainManifest LocalGrainManifest => throw new NotSupportedException();

        private static GrainManifest Of(bool proves) => new(
            ImmutableDictionary<GrainType, GrainProperties>.Empty,
            proves
                ? ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties>.Empty.Add(decisionMaker, new(ImmutableDictionary.Create<string, string>(StringComparer.Ordinal)))
                : ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties>.Empty);
    }
}
