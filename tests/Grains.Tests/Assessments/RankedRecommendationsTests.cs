using System.Collections.Immutable;
using CsCheck;
using EngageCenter.Paging;

namespace EngageCenter.Assessments;

public class RankedRecommendationsTests
{
    private static Gen<ImmutableArray<Recommendation>> Some => Gen.Select(
            Gen.String[Gen.Char["aAbBÄ|"], 1, 3], Gen.Enum<FocusArea>(), Gen.Int[1, 5], Gen.Int[1, 5], Gen.Int[1, 5],
            (id, area, impact, probability, effort) => new Recommendation(id, area, "Title", impact, probability, effort, null))
        .Array[0, 40].Select(items => items.DistinctBy(r => r.RecommendationId).ToImmutableArray());

    [Fact]
    public void The_order_is_that_of_the_quotients_and_then_of_the_ids() => Some.Sample(items =>
    {
        // 60 is a multiple of every effort.
        var expected = items
            .OrderByDescending(r => r.BusinessImpact * r.Probability * 60 / r.Effort)
            .ThenBy(r => r.RecommendationId, StringComparer.Ordinal);
        var ranked = RankedRecommendations.Rank(items);
        Assert.Equal(expected, ranked);
        Assert.Equal(ranked.OrderByDescending(r => r.Score).Select(r => r.Score), ranked.Select(r => r.Score));
    });

    [Fact]
    public void Pages_go_on_where_they_were_also_in_the_list_of_another_run() =>
        Gen.Select(Some, Some, Some, Gen.Int[1, 10], Gen.Enum<FocusArea>(), Gen.Bool).Sample((stays, goes, comes, size, area, filtered) =>
        {
            FocusArea? wanted = filtered ? area : null;
            var ids = stays.Select(r => r.RecommendationId).ToHashSet();
            var before = Of([.. stays, .. goes.Where(r => !ids.Contains(r.RecommendationId))]);
            var after = Of([.. stays, .. comes.Where(r => !ids.Contains(r.RecommendationId))]);
            var met = new List<Recommendation>();
            var list = before;
            for (string? place = null; ;)
            {
                var page = list.Page(new("SqlServer", wanted, new(size, place)));
                Assert.Equal(list.Items.Count(r => wanted is null || r.FocusArea == wanted), page.TotalCount);
                Assert.InRange(page.Items.Length, 0, size);
                met.AddRange(page.Items);
                list = after;
                if ((place = page.Next) is null)
                {
                    break;
                }
            }

            var expected = RankedRecommendations.Rank(stays).Where(r => wanted is null || r.FocusArea == wanted);
            Assert.Equal(expected, met.Where(r => ids.Contains(r.RecommendationId)));
            Assert.Equal(met.Distinct(), met);
        });

    [Fact]
    public void The_same_results_have_the_same_hash_in_whatever_order() => Gen.Select(Some, Gen.Bool, Gen.Int).Sample((items, succeeded, seed) =>
    {
        var random = new Random(seed);
        Assert.Equal(Hash(items, succeeded), Hash([.. items.OrderBy(_ => random.Next())], succeeded));
        Assert.NotEqual(Hash(items, succeeded), Hash(items, !succeeded));
        if (!items.IsEmpty)
        {
            Assert.NotEqual(Hash(items, succeeded), Hash(items.RemoveAt(0), succeeded));
            Assert.NotEqual(Hash(items, succeeded), Hash(items.SetItem(0, items[0] with { Title = "Another" }), succeeded));
            Assert.NotEqual(Hash(items, succeeded), Hash(items.SetItem(0, items[0] with { AffectedObjects = new(1, null) }), succeeded));
            Assert.NotEqual(
                Hash(items.SetItem(0, items[0] with { AffectedObjects = new(1, ["a"]) }), succeeded),
                Hash(items.SetItem(0, items[0] with { AffectedObjects = new(1, ["b"]) }), succeeded));
        }
    });

    [Theory]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData("SqlServer|1|1|")]
    [InlineData("SqlServer|0|1|a")]
    [InlineData("SqlServer|26|1|a")]
    [InlineData("SqlServer|1|6|a")]
    [InlineData("SqlServer|1|0|a")]
    [InlineData("SqlServer|+1|1|a")]
    [InlineData("SqlServer|1|1")]
    [InlineData("1|1|a")]
    [InlineData("Azure|1|1|a")]
    public void A_cursor_that_no_page_handed_out_is_refused(string cursor) =>
        Assert.Throws<InvalidCursorException>(() => Of([]).Page(new("SqlServer", null, new(1, cursor))));

    private static RankedRecommendations Of(ImmutableArray<Recommendation> items) => new() { Items = RankedRecommendations.Rank(items) };

    private static string Hash(ImmutableArray<Recommendation> items, bool succeeded) => RunResults.Of(new("SqlServer", "", succeeded, items)).Hash;
}
