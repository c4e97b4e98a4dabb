namespace EngageCenter.LocalEntra.Tenants;

/// <summary>
/// Who is directly in which group of one tenant, indexed both ways: a group of 100,000 costs a change O(log n),
/// and the groups of a person cost only as much as there are. Safe for many threads. Groups may contain each other in circles.
/// </summary>
internal sealed class Memberships
{
    private readonly Lock gate = new();

    // In the order of ids, so that pages of members are stable while members come and go.
    private readonly Dictionary<Guid, SortedSet<Guid>> membersOf = [];
    private readonly Dictionary<Guid, HashSet<Guid>> groupsOf = [];

    /// <returns>False if it already was a member.</returns>
    public bool Add(Guid group, Guid member)
    {
        lock (gate)
        {
            return Of(membersOf, group).Add(member) && Of(groupsOf, member).Add(group);
        }
    }

    /// <returns>False if it was no member.</returns>
    public bool Remove(Guid group, Guid member)
    {
        lock (gate)
        {
            return membersOf.TryGetValue(group, out var members) && members.Remove(member) && groupsOf[member].Remove(group);
        }
    }

    /// <summary>Up to <paramref name="count"/> direct members, those with ids greater than <paramref name="after"/>, in the order of ids.</summary>
    public IReadOnlyList<Guid> Members(Guid group, Guid after, int count)
    {
        lock (gate)
        {
            return membersOf.TryGetValue(group, out var members)
                ? [.. members.GetViewBetween(after, Guid.AllBitsSet).SkipWhile(member => member == after).Take(count)]
                : [];
        }
    }

    /// <summary>Every group that the member is in, directly or through other groups, in the order of ids.</summary>
    public IReadOnlyList<Guid> TransitiveGroups(Guid member)
    {
        var found = new HashSet<Guid>();
        var toVisit = new Stack<Guid>([member]);

        lock (gate)
        {
            while (toVisit.TryPop(out var next))
            {
                if (groupsOf.TryGetValue(next, out var groups))
                {
                    foreach (var group in groups.Where(found.Add))
                    {
                        toVisit.Push(group);
                    }
                }
            }
        }

        return [.. found.Order()];
    }

    private static TSet Of<TSet>(Dictionary<Guid, TSet> index, Guid key) where TSet : new()
    {
        if (!index.TryGetValue(key, out var set))
        {
            index[key] = set = new TSet();
        }

        return set;
    }
}
