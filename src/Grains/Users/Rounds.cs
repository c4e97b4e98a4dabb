namespace EngageCenter.Users;

/// <summary>
/// Splits a list for a search that usually ends with the first item, but should not need a round trip for each item: first
/// one item, then larger and larger parts.
/// </summary>
internal static class Rounds
{
    private const int Growth = 4;

    /// <param name="most">The size of the largest part.</param>
    public static IEnumerable<ArraySegment<T>> Of<T>(T[] items, int most)
    {
        for (var (start, size) = (0, 1); start < items.Length; start += size, size = Math.Min(size * Growth, most))
        {
            size = Math.Min(size, items.Length - start);
            yield return new(items, start, size);
        }
    }
}
