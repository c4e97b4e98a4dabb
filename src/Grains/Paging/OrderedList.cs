namespace EngageCenter.Paging;

/// <summary>
/// A list of items in the ordinal order of their ids. Items are never removed and ids never change, so the end of a page remains a
/// place in the list.
/// </summary>
/// <param name="name">The beginning of the list's cursors, so that a cursor of another list is refused.</param>
/// <param name="weigh">Returns about how many bytes an item has, by <see cref="Weight"/>.</param>
internal sealed class OrderedList<T>(string name, Func<T, string> idOf, Func<T, int> weigh)
    where T : class
{
    private readonly List<T> items = [];

    // A copy that queries share until an item is put.
    private T[]? still;

    public int Count => items.Count;

    public T? Find(string id) => PlaceOf(id) is >= 0 and var place ? items[place] : null;

    /// <returns>The item that was replaced, or null.</returns>
    public T? Put(T item)
    {
        still = null;
        var place = PlaceOf(idOf(item));
        if (place < 0)
        {
            items.Insert(~place, item);
            return null;
        }

        var before = items[place];
        items[place] = item;
        return before;
    }

    /// <param name="matches">Null for all.</param>
    /// <param name="count">Whether the total is needed; otherwise it is 0.</param>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    public Page<T> Page(PageRequest page, Func<T, bool>? matches = null, bool count = true) =>
        PageOf(place => items[place], items.Count, page, matches, count)();

    /// <summary>Returns a function for a <see cref="Page"/> of the list as it is now. Any thread may call it later.</summary>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    public Func<Page<T>> Scan(PageRequest page, Func<T, bool>? matches, bool count, CancellationToken cancellation)
    {
        var all = still ??= [.. items];
        return PageOf(place => all[place], all.Length, page, matches, count, cancellation);
    }

    private Func<Page<T>> PageOf(Func<int, T> at, int end, PageRequest page, Func<T, bool>? matches, bool count, CancellationToken cancellation = default)
    {
        var start = page.After is { } cursor ? PlaceAfter(cursor) : 0;
        return () => Pages.Of(
            at, 0, end, start, page.Size, count, matches, item => item, last => $"{name}/{idOf(last)}", weigh, cancellation);
    }

    // A cursor that ends with the id of one of our items is accepted, because this list may have returned it.
    private int PlaceAfter(string cursor) =>
        cursor.StartsWith($"{name}/", StringComparison.Ordinal) && PlaceOf(cursor[(name.Length + 1)..]) is >= 0 and var place
            ? place + 1
            : throw new InvalidCursorException();

    /// <returns>The item's place, or the complement of the place where it would be.</returns>
    private int PlaceOf(string id)
    {
        var (low, high) = (0, items.Count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            switch (string.CompareOrdinal(idOf(items[middle]), id))
            {
                case 0:
                    return middle;
                case < 0:
                    low = middle + 1;
                    break;
                default:
                    high = middle;
                    break;
            }
        }

        return ~low;
    }
}
