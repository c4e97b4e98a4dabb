namespace EngageCenter.LocalEntra.Tenants;

/// <summary>
/// Holds the direct members of the groups of one tenant, indexed both ways: a change in a group of 100,000 members costs
/// O(log n), and finding a person's groups costs in proportion to their number. Thread-safe. Groups may contain each other
/// in cycles.
/// </summary>
internal sealed class Memberships(ChangeLog? log = null)
{
    private readonly Lock gate = new();

    // Sorted by id, so that pages of members are stable while members are added and removed.
    private readonly Dictionary<Guid, SortedSet<Guid>> membersOf = [];
    private readonly Dictionary<Guid, HashSet<Guid>> groupsOf = [];

    /// <returns>False if it was a member already.</returns>
    public bool Add(Guid group, Guid member)
    {
        lock (gate)
        {
            if (!Of(membersOf, group).Add(member))
            {
                return false;
            }

            Of(groupsOf, member).Add(group);
            log?.Append(new Change(group, ChangeKind.Added, member));
            return true;
        }
    }

    /// <returns>False if it was not a member.</returns>
    public bool Remove(Guid group, Guid member)
    {
        lock (gate)
        {
            if (!membersOf.TryGetValue(group, out var members) || !members.Remove(member))
            {
                return false;
            }

            groupsOf[member].Remove(group);
            log?.Append(new Change(group, ChangeKind.Removed, member));
            return true;
        }
    }

    /// <summary>Removes a deleted person or group from its groups, and the members from a deleted group.</summary>
    public void RemoveObject(Guid id)
    {
        lock (gate)
        {
            if (groupsOf.Remove(id, out var groups))
            {
                foreach (var group in groups)
                {
                    membersOf[group].Remove(id);
                    log?.Append(new Change(group, ChangeKind.Removed, id));
                }
            }

            // The loss of a deleted group's members is not logged, because the deletion is.
            if (membersOf.Remove(id, out var members))
            {
                foreach (var member in members)
                {
                    groupsOf[member].Remove(id);
                }
            }
        }
    }

    /// <summary>
    /// Returns up to <paramref name="count"/> direct members with ids greater than <paramref name="after"/>, in the order of
    /// ids.
    /// </summary>
    public IReadOnlyList<Guid> Members(Guid group, Guid after, int count)
    {
        lock (gate)
        {
            return [.. MembersAfter(group, after).Take(count)];
        }
    }

    /// <summary>
    /// Returns the same for all members, direct or through other groups, that match <paramref name="isWanted"/>. It sorts no
    /// more members than a page has, so that paging through 100,000 members does not sort all of them for each page.
    /// </summary>
    public IReadOnlyList<Guid> TransitiveMembers(Guid group, Guid after, int count, Predicate<Guid> isWanted)
    {
        lock (gate)
        {
            // Only the first members of each group can be among the first of all.
            var first = new SortedSet<Guid>();
            foreach (var one in GroupsBelow(group))
            {
                foreach (var member in MembersAfter(one, after).Where(member => isWanted(member)).Take(count))
                {
                    if (first.Count >= count && member.CompareTo(first.Max) >= 0)
                    {
                        break;
                    }

                    if (first.Add(member) && first.Count > count)
                    {
                        first.Remove(first.Max);
                    }
                }
            }

            return [.. first];
        }
    }

    /// <summary>Counts the members, direct or through other groups, that match <paramref name="isWanted"/>.</summary>
    public int CountTransitiveMembers(Guid group, Predicate<Guid> isWanted)
    {
        lock (gate)
        {
            return GroupsBelow(group)
                .SelectMany(one => membersOf.TryGetValue(one, out var members) ? members : [])
                .Where(member => isWanted(member))
                .ToHashSet()
                .Count;
        }
    }

    /// <summary>Returns every group of the member, direct or through other groups, in the order of ids.</summary>
    public IReadOnlyList<Guid> TransitiveGroups(Guid member)
    {
        lock (gate)
        {
            return [.. Reached(member, groupsOf).Order()];
        }
    }

    // Includes the group itself. A person has no members, and so is not mistaken for a group.
    private IEnumerable<Guid> GroupsBelow(Guid group) =>
        Reached(group, membersOf, isStep: membersOf.ContainsKey).Append(group).Distinct();

    private static HashSet<Guid> Reached<TSet>(Guid start, Dictionary<Guid, TSet> index, Predicate<Guid>? isStep = null) where TSet : IEnumerable<Guid>
    {
        var found = new HashSet<Guid>();
        var toVisit = new Stack<Guid>([start]);
        while (toVisit.TryPop(out var next))
        {
            if (index.TryGetValue(next, out var reached))
            {
                foreach (var one in reached)
                {
                    if ((isStep is null || isStep(one)) && found.Add(one))
                    {
                        toVisit.Push(one);
                    }
                }
            }
        }

        return found;
    }

    private IEnumerable<Guid> MembersAfter(Guid group, Guid after) =>
        membersOf.TryGetValue(group, out var members)
            ? members.GetViewBetween(after, Guid.AllBitsSet).SkipWhile(member => member == after)
            : [];

    private static TSet Of<TSet>(Dictionary<Guid, TSet> index, Guid key) where TSet : new()
    {
        if (!index.TryGetValue(key, out var set))
        {
            index[key] = set = new TSet();
        }

        return set;
    }
}
