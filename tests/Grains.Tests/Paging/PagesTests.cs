using CsCheck;
using EngageCenter.Paging;

namespace EngageCenter.Grains.Tests.Paging;

public class PagesTests
{
    // From much smaller than one item's share of a page to much larger than a page.
    private static Gen<int[]> Weights => Gen.OneOf(Gen.Int[1, 1_000], Gen.Int[1_000, 100_000], Gen.Const(5_000_000)).Array[0, 40];

    [Fact]
    public void Pages_have_a_bound_in_bytes_and_every_item_once() => Gen.Select(Weights, Gen.Int[1, 50], Gen.Bool).Sample((weights, size, isFiltered) =>
    {
        var expected = Enumerable.Range(0, weights.Length).Where(n => !isFiltered || n % 3 != 0).ToList();
        var met = new List<int>();
        for (var start = 0; ;)
        {
            var page = Pages.Of(
                n => n, 0, weights.Length, start, size, count: true, isFiltered ? n => n % 3 != 0 : null, n => n, last => $"{last}", n => weights[n]);
            Assert.Equal(expected.Count, page.TotalCount);
            Check([.. page.Items]);
            met.AddRange(page.Items);
            if (page.Next is null)
            {
                break;
            }

            Assert.NotEmpty(page.Items);
            start = page.Items[^1] + 1;
        }

        Assert.Equal(expected, met);

        void Check(int[] items)
        {
            Assert.InRange(items.Length, 0, size);
            Assert.True(items.Length <= 1 || items.Sum(n => (long)weights[n]) <= Math.Max(Pages.MinBytes, size * Pages.BytesPerItem));
        }
    });

    [Fact]
    public void Fit_returns_as_many_items_as_a_page_has() => Gen.Select(Weights, Gen.Int[1, 50]).Sample((weights, size) =>
    {
        var page = Pages.Of(n => n, 0, weights.Length, 0, size, count: false, null, n => n, last => $"{last}", n => weights[n]);

        Assert.Equal(page.Items.Length, Pages.Fit<int>(weights, size, weight => weight));
    });

    [Fact]
    public void Usual_items_make_full_pages()
    {
        var page = Pages.Of(n => n, 0, 1_000, 0, PageRequest.MaxSize, count: false, null, n => n, last => $"{last}", _ => Weight.Of(new string('x', 500)));

        Assert.Equal(PageRequest.MaxSize, page.Items.Length);
    }

    [Fact]
    public void Scan_ends_soon_after_its_caller_has_gone()
    {
        using var gone = new CancellationTokenSource();
        var seen = 0;

        Assert.Throws<OperationCanceledException>(() => Pages.Of(
            n => n, 0, 1_000_000, 0, 10, count: true,
            n =>
            {
                seen++;
                if (n == 10_000)
                {
                    gone.Cancel();
                }

                return false;
            },
            n => n, last => $"{last}", _ => 1, gone.Token));

        Assert.InRange(seen, 10_000, 10_000 + Pages.BetweenLooks);
    }
}
