using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Users;

public class RoundsTests
{
    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "1")]
    [InlineData(2, "1 1")]
    [InlineData(5, "1 4")]
    [InlineData(5_000, "1 4 16 64 64", 76)]
    public void Parts_grow_up_to_the_limit_and_have_every_item_in_order(int count, string first, int rest = 0)
    {
        int[] items = [.. Enumerable.Range(0, count)];
        var rounds = Rounds.Of(items, 64).ToList();

        Assert.Equal(items, rounds.SelectMany(r => r));
        var sizes = first.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList();
        Assert.Equal(sizes, rounds.Take(sizes.Count).Select(r => r.Count));
        Assert.Equal(rest, Math.Max(0, rounds.Count - 5));
        Assert.All(rounds, r => Assert.InRange(r.Count, 1, 64));
    }
}
