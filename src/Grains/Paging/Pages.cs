using System.Collections.Immutable;

namespace EngageCenter.Paging;

internal static class Pages
{
    /// <summary>
    /// How many bytes a page may have for each item that was asked for, as counted by <see cref="Weight"/>. Most items have much
    /// fewer. A page that would have more ends earlier, with at least one item.
    /// </summary>
    public const int BytesPerItem = 2 * 1024;

    /// <summary>The bytes that a page of any size may have.</summary>
    public const int MinBytes = 64 * 1024;

    /// <summary>After this many items a scan checks whether its caller has cancelled.</summary>
    public const int BetweenLooks = 4_096;

    /// <summary>Returns how many of the first items fit on a page.</summary>
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
    /// Returns a page of the items in an ordered list that match. To count, it goes through the whole list; otherwise only through the
    /// items of the page and one more. The total is 0 unless it is asked for.
    /// </summary>
    /// <param name="at">Returns the item at a place, from <paramref name="begin"/> to before <paramref name="end"/>.</param>
    /// <param name="start">The place where the page begins; not before <paramref name="begin"/>.</param>
    /// <param name="matches">Null if everything matches.</param>
    /// <param name="view">Returns what the page shows of an item.</param>
    /// <param name="cursor">Returns the cursor for the last item of the page.</param>
    /// <param name="weigh">Returns about how many bytes an item has, by <see cref="Weight"/>.</param>
    /// <exception cref="OperationCanceledException">The caller has cancelled.</exception>
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

    // The remaining bytes of a page. The first item always fits.
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
