namespace EngageCenter.LoadTests;

public class ArrivalsTests
{
    private static readonly TimeSpan longTime = TimeSpan.FromSeconds(200);

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 7)]
    [InlineData(500, 2)]
    [InlineData(0.5, 10)]
    [InlineData(1_000.0 / 7, 3_600)]
    public void Constant_arrivals_have_equal_distances_without_accumulated_rounding(double perSecond, int seconds)
    {
        var due = Arrivals.Of(ArrivalProcess.Constant, perSecond, TimeSpan.FromSeconds(seconds), seed: 1).ToList();

        Assert.Equal((int)Math.Ceiling(perSecond * seconds), due.Count);
        Assert.All(due.Index(), d => Assert.InRange(d.Item.TotalSeconds, (d.Index / perSecond) - 1e-6, (d.Index / perSecond) + 1e-6));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Poisson_arrivals_are_independent_of_each_other(int seed)
    {
        var due = Poisson(seed);
        var distances = due.Zip(due.Skip(1), (a, b) => (b - a).TotalMilliseconds).ToList();

        // 100,000 arrivals are expected; four standard deviations are 1,265.
        Assert.InRange(due.Count, 98_735, 101_265);
        Assert.All(distances, d => Assert.True(d >= 0));
        Assert.InRange(distances.Average(), 1.98, 2.02);

        // Of exponential distances, the share 1/e is longer than the mean, and the standard deviation equals the mean.
        Assert.InRange(distances.Count(d => d > 2) / (double)distances.Count, Math.Exp(-1) - 0.01, Math.Exp(-1) + 0.01);
        Assert.InRange(Math.Sqrt(distances.Average(d => (d - 2) * (d - 2))), 1.95, 2.05);
    }

    [Fact]
    public void Same_seed_gives_the_same_arrivals()
    {
        Assert.Equal(Poisson(7), Poisson(7));
        Assert.NotEqual(Poisson(7), Poisson(8));
    }

    private static List<TimeSpan> Poisson(int seed) => [.. Arrivals.Of(ArrivalProcess.Poisson, 500, longTime, seed)];
}
