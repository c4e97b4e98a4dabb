using System.Reflection;

namespace EngageCenter.LoadTests;

public class MixWeightsTests
{
    [Theory]
    [InlineData("check=1")]
    [InlineData("check=9,home=1")]
    [InlineData("insights=1000000,decide=3,cases=2")]
    public void Valid_weights_are_parsed(string text) => Assert.Equal(text, MixWeights.Parse(text)?.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("check")]
    [InlineData("check=0")]
    [InlineData("check=-1")]
    [InlineData("check=1.5")]
    [InlineData("check=1000001")]
    [InlineData("check=1,")]
    [InlineData("check=1,check=2")]
    [InlineData("mix=1")]
    [InlineData("Check=1")]
    [InlineData("nothing=1")]
    [InlineData("check=1=2")]
    public void Invalid_weights_are_refused(string text) => Assert.Null(MixWeights.Parse(text));

    [Fact]
    public void Each_scenario_is_drawn_according_to_its_weight()
    {
        var cluster = new SeededCluster(NoGrains.Create(), new(new("test", 2, 5, 1)), ["a", "b"], DateTimeOffset.UnixEpoch, TimeProvider.System);
        var mix = Scenarios.Of(Scenarios.Mix, cluster, new([("check", 70), ("home", 20), ("me-workspaces", 10)]));
        var random = new Random(1);
        var drawn = Enumerable.Range(0, 10_000).Select(_ => mix.Next(random).Kind).CountBy(kind => kind).ToDictionary();

        Assert.InRange(drawn["check"], 6_800, 7_200);
        Assert.InRange(drawn["home"], 1_850, 2_150);
        Assert.InRange(drawn["me-workspaces"], 900, 1_100);
    }

    [Fact]
    public void Change_uses_its_slot_alone_until_it_ends()
    {
        var size = new DatasetSize("test", 2, 5, 1);
        var cluster = new SeededCluster(NoGrains.Create(), new(size), ["a", "b"], DateTimeOffset.UnixEpoch, TimeProvider.System);
        var cases = Scenarios.Of("cases", cluster, Scenarios.DefaultMix);
        var taken = Enumerable.Range(0, size.Workspaces * DatasetSize.SlotsPerWorkspace).Select(_ => cases.Next(Random.Shared)).ToList();

        Assert.Throws<InvalidOperationException>(() => cases.Next(Random.Shared));
        taken[3].Release!();
        Assert.Equal("cases", cases.Next(Random.Shared).Kind);
        Assert.Throws<InvalidOperationException>(() => cases.Next(Random.Shared));
    }

    /// <summary>Scenarios are drawn without a cluster: no operation is executed.</summary>
    public class NoGrains : DispatchProxy
    {
        internal static IGrainFactory Create() => Create<IGrainFactory, NoGrains>();

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => null;
    }
}
