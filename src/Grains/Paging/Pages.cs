using System.Collections.Immutable;

namespace EngageCenter.Paging;

internal static class Pages
{
    public static Page<TView> Select<T, TView>(this Page<T> page, Func<T, TView> view) =>
        new([.. page.Items.Select(view)], page.Next, page.TotalCount);

    /// <summary>
    /// A page of what matches in an ordered list. Counting has to see all of the list, the page only its own items and
    /// the one behind. The total is 0 unless it is asked for.
    /// </summary>
    /// <param name="at">The item of a place, from <paramref name="begin"/> to before <paramref name="end"/>.</param>
    /// <param name="start">Where the page begins; at or behind <paramref name="begin"/>.</param>
    /// <param name="matches">Null where everything does.</param>
    /// <param name="view">What the page has of an item.</param>
    /// <param name="cursor">The place of the last item of the page.</param>
    public static Page<TView> Of<TItem, TView>(
        Func<int, TItem> at,
        int begin,
        int end,
        int start,
        int size,
        bool count,
        Func<TItem, bool>? matches,
        Func<TItem, TView> view,
        Func<TView, string> cursor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, PageRequest.MaxSize);

        var counting = count && matches is not null;
        var total = 0;
        var items = ImmutableArray.CreateBuilder<TView>();
        var isLast = true;
        for (var position = counting ? begin : start; position < end && (counting || isLast); position++)
        {
            var item = at(position);
            if (matches?.Invoke(item) == false)
            {
                continue;
            }

            total++;
            if (position >= start && items.Count < size)
            {
                items.Add(view(item));
            }
            else
            {
                isLast &= position < start;
            }
        }

        return new(
            items.ToImmutable(),
            isLast ? null : cursor(items[^1]),
            counting ? total : count ? Math.Max(0, end - begin) : 0);
    }
}
