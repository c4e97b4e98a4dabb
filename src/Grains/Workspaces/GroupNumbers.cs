namespace EngageCenter.Workspaces;

/// <summary>
/// Gives a small number to each group that people of a workspace are in, or that its policy names. An entry of the list then takes 4 bytes for a group
/// instead of 16, and the roles of a group are found by its number. Only one thread at a time may add groups; any thread may look
/// up the group of a number that it was given.
/// </summary>
internal sealed class GroupNumbers
{
    private readonly Dictionary<Guid, int> numbers = [];
    private Guid[] groups = new Guid[16];

    public int Count => numbers.Count;

    /// <summary>Returns the group with a number.</summary>
    public Guid this[int number] => groups[number];

    /// <summary>Returns the number of a group. A group without one gets the next number.</summary>
    public int Of(Guid group)
    {
        if (numbers.TryGetValue(group, out var known))
        {
            return known;
        }

        var number = numbers.Count;
        if (number == groups.Length)
        {
            // The old array remains for threads that are reading it now.
            var more = new Guid[2 * number];
            groups.CopyTo(more, 0);
            groups = more;
        }

        groups[number] = group;
        numbers.Add(group, number);
        return number;
    }

    /// <returns>Null for a group that has none: nobody is in it, and the policy does not name it.</returns>
    public int? Find(Guid group) => numbers.TryGetValue(group, out var number) ? number : null;
}
