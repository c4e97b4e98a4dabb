using System.Collections.Immutable;
using System.Net;
using EngageCenter.Access;
using Orleans.Metadata;

namespace EngageCenter.Grains.Tests.Access;

public sealed class ListErasTests
{
    private static readonly GrainManifest now = new(
        ImmutableDictionary<GrainType, GrainProperties>.Empty,
        ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties>.Empty.Add(
            GrainInterfaceType.Create("EngageCenter.IVersionedGroup"), new(ImmutableDictionary.Create<string, string>(StringComparer.Ordinal))));

    private static readonly GrainManifest earlier = SilosOfReleases.Earlier(now);
    private readonly Members members = new();

    [Fact]
    public void Era_stays_the_same_while_the_members_do()
    {
        members.Are((1, now), (2, now));
        var eras = new ListEras(members, members);
        var era = eras.Current();

        Assert.NotEqual(Guid.Empty, era);
        Assert.Equal(era, eras.Current());
    }

    [Fact]
    public void No_era_while_a_silo_of_an_earlier_release_runs_and_a_new_era_after_it()
    {
        members.Are((1, now), (2, now));
        var eras = new ListEras(members, members);
        var before = eras.Current();

        members.Are((1, now), (2, now), (3, earlier));
        Assert.Equal(Guid.Empty, eras.Current());

        members.Are((1, now), (2, now));
        Assert.DoesNotContain(eras.Current(), new[] { Guid.Empty, before });
    }

    /// <summary>Nobody asked for the era while the silo of an earlier release was running.</summary>
    [Fact]
    public void Silo_that_joined_and_left_unnoticed_ends_the_era()
    {
        members.Are((1, now));
        var eras = new ListEras(members, members);
        var before = eras.Current();

        members.Are((1, now), (2, earlier));
        members.Are((1, now));

        Assert.DoesNotContain(eras.Current(), new[] { Guid.Empty, before });
    }

    [Theory]
    [InlineData(SiloStatus.Active, false)]
    [InlineData(SiloStatus.ShuttingDown, false)]
    [InlineData(SiloStatus.Stopping, false)]
    [InlineData(SiloStatus.Joining, true)]
    [InlineData(SiloStatus.Dead, true)]
    public void Member_without_a_manifest_counts_as_an_earlier_release_while_it_may_have_grains(SiloStatus status, bool isEra)
    {
        members.Are((1, now));
        members.Add(2, status);

        Assert.Equal(isEra, new ListEras(members, members).Current() != Guid.Empty);
    }

    private sealed class Members : IClusterManifestProvider, IClusterMembershipService
    {
        private int version;

        public ClusterManifest Current { get; private set; } = null!;

        public ClusterMembershipSnapshot CurrentSnapshot { get; private set; } = null!;

        public IAsyncEnumerable<ClusterManifest> Updates => throw new NotSupportedException();

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public GrainManifest LocalGrainManifest => now;

        public void Are(params (int Silo, GrainManifest Manifest)[] silos)
        {
            version++;
            Current = new(new(version, 0), silos.ToImmutableDictionary(s => Address(s.Silo), s => s.Manifest));
            CurrentSnapshot = new(silos.ToImmutableDictionary(s => Address(s.Silo), s => Member(s.Silo, SiloStatus.Active)), new(version));
        }

        public void Add(int silo, SiloStatus status) =>
            CurrentSnapshot = new(CurrentSnapshot.Members.Add(Address(silo), Member(silo, status)), new(++version));

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion) => throw new NotSupportedException();

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();

        private static ClusterMember Member(int silo, SiloStatus status) => new(Address(silo), status, $"silo-{silo}");

        private static SiloAddress Address(int silo) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, silo), 1);
    }
}
