namespace EngageCenter.Users;

/// <summary>
/// Parts a list for a search that mostly ends with the first item, and else should not take a round trip for each: the first
/// item alone, then ever more at once.
/// </summary>
internal static class Rounds
{
    private const int Growth = 4;

    /// <param name="most">The items of the largest part.</param>
    public static IEnumerable<ArraySegment<T>> Of<T>(T[] items, int most)
    {
        for (var (start, size) = (0, 1); start < items.Length; start += size, size = Math.Min(size * Growth, most))
        {
            size = Math.Min(size, items.Length - start);
            yield return new(items, start, size);
        }
    }
}
