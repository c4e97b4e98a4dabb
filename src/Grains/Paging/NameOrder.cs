using System.Globalization;

namespace EngageCenter.Paging;

/// <summary>
/// The order that people expect for names: by the invariant collation, upper and lower case beside each other, and numbers inside
/// names by their value. Names that are equal by the collation are ordered ordinally.
/// </summary>
internal sealed class NameOrder : IComparer<string>
{
    private const CompareOptions Options = CompareOptions.IgnoreCase | CompareOptions.NumericOrdering;

    private static readonly CompareInfo collation = CultureInfo.InvariantCulture.CompareInfo;

    public static NameOrder Instance { get; } = new();

    public int Compare(string? x, string? y) =>
        collation.Compare(x, y, Options) is var order and not 0 ? order : string.CompareOrdinal(x, y);
}

/// <summary>
/// A place in a list that is ordered by name and then by id: directly behind the item with this name and id. The item itself may
/// be gone when the next page is asked for.
/// </summary>
/// <param name="Stamp">
/// Changes when an item of the list is renamed. That item may have moved across the place, so earlier cursors are no longer valid.
/// </param>
internal sealed record NamedCursor(long Stamp, string Name, string Id) : IComparable<NamedCursor>
{
    /// <exception cref="InvalidCursorException">The list never returned this cursor.</exception>
    /// <exception cref="ListChangedException">The cursor belongs to an earlier order.</exception>
    public static NamedCursor Parse(string after, string list, long stamp)
    {
        if (after.Split('/', 4) is not [var of, var given, var id, var name]
            || of != list
            || !long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var then))
        {
            throw new InvalidCursorException();
        }

        return then == stamp ? new(stamp, name, Uri.UnescapeDataString(id)) : throw new ListChangedException();
    }

    public string ToString(string list) =>
        string.Create(CultureInfo.InvariantCulture, $"{list}/{Stamp}/{Uri.EscapeDataString(Id)}/{Name}");

    public int CompareTo(NamedCursor? other) =>
        NameOrder.Instance.Compare(Name, other?.Name) is var order and not 0 ? order : string.CompareOrdinal(Id, other?.Id);
}
