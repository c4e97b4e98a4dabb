namespace EngageCenter.Workspaces;

/// <summary>
/// A small number for each group that people of a workspace are in: an entry of the list takes 4 bytes for a group rather
/// than 16, and what a policy gives a group is found by its number. One thread at a time may add to it; any thread may look up
/// the group of a number that it was given.
/// </summary>
internal sealed class GroupNumbers
{
    private readonly Dictionary<Guid, int> numbers = [];
    private Guid[] groups = new Guid[16];

    public int Count => numbers.Count;

    /// <summary>The group of a number that was handed out.</summary>
    public Guid this[int number] => groups[number];

    /// <summary>Its number, the next one if it has none.</summary>
    public int Of(Guid group)
    {
        if (numbers.TryGetValue(group, out var known))
        {
            return known;
        }

        var number = numbers.Count;
        if (number == groups.Length)
        {
            // The old one goes on for whoever reads it at this moment.
            var more = new Guid[2 * number];
            groups.CopyTo(more, 0);
            groups = more;
        }

        groups[number] = group;
        numbers.Add(group, number);
        return number;
    }

    /// <returns>Null for a group that nobody is in.</returns>
    public int? Find(Guid group) => numbers.TryGetValue(group, out var number) ? number : null;
}
