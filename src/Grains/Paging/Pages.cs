using System.Collections.Immutable;

namespace EngageCenter.Paging;

internal static class Pages
{
    /// <summary>
    /// Bytes that the items of a page may have together for each item that is asked for, as <see cref="Weight"/> counts them.
    /// Most items have a fraction of it. A page that would have more ends before, with at least one item.
    /// </summary>
    public const int BytesPerItem = 2 * 1024;

    /// <summary>Bytes that a page of any size may have.</summary>
    public const int MinBytes = 64 * 1024;

    /// <summary>Items that are gone through before a scan looks whether anybody still waits for it.</summary>
    public const int BetweenLooks = 4_096;

    /// <summary>How many items, of the first ones that there are, fit on a page.</summary>
    /// <param name="size">1 to <see cref="PageRequest.MaxSize"/>.</param>
    public static int Fit<T>(ReadOnlySpan<T> items, int size, Func<T, int> weigh)
    {
        var room = new Room(size);
        var count = 0;
        while (count < items.Length && room.Takes(weigh(items[count])))
        {
            count++;
        }

        return count;
    }

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
    /// <param name="weigh">About how many bytes an item is, by <see cref="Weight"/>.</param>
    /// <exception cref="OperationCanceledException">Nobody waits for it any more.</exception>
    public static Page<TView> Of<TItem, TView>(
        Func<int, TItem> at,
        int begin,
        int end,
        int start,
        int size,
        bool count,
        Func<TItem, bool>? matches,
        Func<TItem, TView> view,
        Func<TView, string> cursor,
        Func<TView, int> weigh,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, PageRequest.MaxSize);

        var counting = count && matches is not null;
        var total = 0;
        var room = new Room(size);
        var items = ImmutableArray.CreateBuilder<TView>();
        var isLast = true;
        for (var position = counting ? begin : start; position < end && (counting || isLast); position++)
        {
            if (position % BetweenLooks == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            var item = at(position);
            if (matches?.Invoke(item) == false)
            {
                continue;
            }

            total++;
            if (position >= start && isLast)
            {
                var shown = view(item);
                if (room.Takes(weigh(shown)))
                {
                    items.Add(shown);
                }
                else
                {
                    isLast = false;
                }
            }
        }

        return new(
            items.ToImmutable(),
            isLast ? null : cursor(items[^1]),
            counting ? total : count ? Math.Max(0, end - begin) : 0);
    }

    // What is left of a page. Its first item always fits.
    private struct Room(int size)
    {
        private readonly int max = Math.Max(MinBytes, size * BytesPerItem);
        private int count;
        private int bytes;

        public bool Takes(int weight)
        {
            if (count == size || (count > 0 && weight > max - bytes))
            {
                return false;
            }

            count++;
            bytes += weight;
            return true;
        }
    }
}
