namespace EngageCenter.Support;

/// <summary>The order of a table of cases: newest <c>createdAt</c> first, then by case id (ordinal).</summary>
/// <remarks>A sorted array of row numbers: lookup takes log n steps, changes move blocks of memory, and each case takes 4 bytes.</remarks>
/// <param name="table">The table, with one case in each row.</param>
internal sealed class CaseOrder(List<StoredCase> table)
{
    private int[] rows = [];
    private int count;

    public int Count => count;

    public StoredCase this[int position] => table[rows[position]];

    /// <summary>Returns the cases in this order, as they are now.</summary>
    public StoredCase[] ToArray() => Array.ConvertAll(rows[..count], row => table[row]);

    public static int Compare((long CreatedAt, string CaseId) one, (long CreatedAt, string CaseId) other)
    {
        var byCreation = other.CreatedAt.CompareTo(one.CreatedAt);
        return byCreation != 0 ? byCreation : string.CompareOrdinal(one.CaseId, other.CaseId);
    }

    /// <summary>Returns how many cases come before this place. For a case in the table this is its position.</summary>
    public int PositionOf((long CreatedAt, string CaseId) place) => PositionOf(place, count);

    /// <summary>Returns the position of the first case that was created before a time, in ticks.</summary>
    public int FirstCreatedBefore(long instant)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = this[middle].CreatedAt >= instant ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Removes cases from the order. Call it before the table changes.</summary>
    public void Remove(List<StoredCase> cases)
    {
        var positions = cases.Select(c => PositionOf((c.CreatedAt, c.CaseId))).Order().ToArray();
        for (var i = 0; i < positions.Length; i++)
        {
            var next = i + 1 < positions.Length ? positions[i + 1] : count;
            Array.Copy(rows, positions[i] + 1, rows, positions[i] - i, next - positions[i] - 1);
        }

        count -= positions.Length;
    }

    /// <summary>Adds rows to the order. Call it after the table has changed.</summary>
    public void Insert(List<int> added)
    {
        added.Sort((one, other) => Compare(Place(one), Place(other)));
        if (count + added.Count > rows.Length)
        {
            Array.Resize(ref rows, Math.Max(count + added.Count, rows.Length + (rows.Length / 2)));
        }

        // Starts with the last row, so that each block behind it moves only once.
        var end = count;
        for (var i = added.Count - 1; i >= 0; i--)
        {
            var position = PositionOf(Place(added[i]), end);
            Array.Copy(rows, position, rows, position + i + 1, end - position);
            rows[position + i] = added[i];
            end = position;
        }

        count += added.Count;
    }

    private int PositionOf((long CreatedAt, string CaseId) place, int end)
    {
        var (low, high) = (0, end);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = Compare(Place(rows[middle]), place) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private (long CreatedAt, string CaseId) Place(int row) => (table[row].CreatedAt, table[row].CaseId);
}
