using System.Globalization;

namespace EngageCenter.Paging;

/// <summary>
/// The order in which people expect names: by the invariant collation, upper and lower case beside each other, and
/// numbers inside names by their value. Names that the collation takes for equal are in ordinal order.
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
/// A place in a list that is ordered by name and then by id: behind the item that has them. The item itself may be gone
/// when the next page is asked for.
/// </summary>
/// <param name="Stamp">
/// Changes when an item of the list gets another name. Such an item may have moved across the place, so the cursors of
/// before no longer count.
/// </param>
internal sealed record NamedCursor(long Stamp, string Name, string Id) : IComparable<NamedCursor>
{
    /// <exception cref="InvalidCursorException">The list never handed it out.</exception>
    /// <exception cref="ListChangedException">It is of an order that no longer holds.</exception>
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
