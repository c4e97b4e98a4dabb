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
    public void Recommendations_are_ordered_by_quotient_and_then_by_id() => Some.Sample(items =>
    {
        // 60 is a multiple of every effort, so the quotients are whole numbers.
        var expected = items
            .OrderByDescending(r => r.BusinessImpact * r.Probability * 60 / r.Effort)
            .ThenBy(r => r.RecommendationId, StringComparer.Ordinal);
        var ranked = RankedRecommendations.Rank(items);
        Assert.Equal(expected, ranked);
        Assert.Equal(ranked.OrderByDescending(r => r.Score).Select(r => r.Score), ranked.Select(r => r.Score));
    });

    [Fact]
    public void The_pages_of_a_run_have_every_recommendation_once() =>
        Gen.Select(Some, Gen.Int[1, 10], Gen.Enum<FocusArea>(), Gen.Bool).Sample((items, size, area, filtered) =>
        {
            FocusArea? wanted = filtered ? area : null;
            var list = Of(items);
            var expected = list.Items.Where(r => wanted is null || r.FocusArea == wanted).ToList();
            var met = new List<Recommendation>();
            for (string? place = null; ;)
            {
                var page = list.Page(new("SqlServer", wanted, new(size, place)));
                Assert.Equal(expected.Count, page.TotalCount);
                Assert.InRange(page.Items.Length, 0, size);
                met.AddRange(page.Items);
                if ((place = page.Next) is null)
                {
                    break;
                }
            }

            Assert.Equal(expected, met);
        });

    [Fact]
    public void Large_recommendations_make_short_pages_and_none_is_left_out()
    {
        ImmutableArray<string> names = [.. Enumerable.Repeat(new string('x', AffectedObjects.MaxNameLength), AffectedObjects.MaxNames)];
        var list = Of([.. Enumerable.Range(0, 200).Select(n => new Recommendation($"{n}", default, "Title", 1, 1, 1, new(names.Length, names)))]);
        var met = new List<Recommendation>();
        string? place = null;
        do
        {
            var page = list.Page(new("SqlServer", null, new(PageRequest.MaxSize, place)));
            Assert.InRange(page.Items.Length * names.Sum(n => sizeof(char) * n.Length), 1, PageRequest.MaxSize * Pages.BytesPerItem);
            met.AddRange(page.Items);
            place = page.Next;
        }
        while (place is not null);

        Assert.Equal(list.Items, met);
    }

    [Fact]
    public void Paging_ends_if_another_run_replaced_the_list() => Some.Where(items => items.Length > 1).Sample(items =>
    {
        var first = Of(items).Page(new("SqlServer", null, new(1, null)));

        Assert.Throws<ListChangedException>(() => (Of(items) with { RunId = "SqlServer-2" }).Page(new("SqlServer", null, new(1, first.Next))));
    });

    [Fact]
    public void Results_in_any_order_have_the_same_hash() => Gen.Select(Some, Gen.Bool, Gen.Int).Sample((items, succeeded, seed) =>
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
    [InlineData("SqlServer|SqlServer-1|1|1|")]
    [InlineData("SqlServer|SqlServer-1|0|1|a")]
    [InlineData("SqlServer|SqlServer-1|26|1|a")]
    [InlineData("SqlServer|SqlServer-1|1|6|a")]
    [InlineData("SqlServer|SqlServer-1|1|0|a")]
    [InlineData("SqlServer|SqlServer-1|+1|1|a")]
    [InlineData("SqlServer|SqlServer-1|1|1")]
    [InlineData("SqlServer-1|1|1|a")]
    [InlineData("Azure|SqlServer-1|1|1|a")]
    public void Unknown_cursor_is_refused(string cursor) =>
        Assert.Throws<InvalidCursorException>(() => Of([]).Page(new("SqlServer", null, new(1, cursor))));

    private static RankedRecommendations Of(ImmutableArray<Recommendation> items) => new() { RunId = "SqlServer-1", Items = RankedRecommendations.Rank(items) };

    private static string Hash(ImmutableArray<Recommendation> items, bool succeeded) => RunResults.Of(new("SqlServer", "", succeeded, items)).Hash;
}
