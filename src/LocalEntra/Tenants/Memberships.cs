namespace EngageCenter.LocalEntra.Tenants;

/// <summary>
/// Who is directly in which group of one tenant, indexed both ways: a group of 100,000 costs a change O(log n),
/// and the groups of a person cost only as much as there are. Safe for many threads. Groups may contain each other in circles.
/// </summary>
internal sealed class Memberships(ChangeLog? log = null)
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
            if (!Of(membersOf, group).Add(member))
            {
                return false;
            }

            Of(groupsOf, member).Add(group);
            log?.Append(new Change(group, ChangeKind.Added, member));
            return true;
        }
    }

    /// <returns>False if it was no member.</returns>
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

    /// <summary>Removes a person or a group that was deleted: from the groups that it was in, and, if a group, its members from it.</summary>
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

            // That a deleted group has no members is no change of its own: the deletion says it.
            if (membersOf.Remove(id, out var members))
            {
                foreach (var member in members)
                {
                    groupsOf[member].Remove(id);
                }
            }
        }
    }

    /// <summary>Up to <paramref name="count"/> direct members, those with ids greater than <paramref name="after"/>, in the order of ids.</summary>
    public IReadOnlyList<Guid> Members(Guid group, Guid after, int count)
    {
        lock (gate)
        {
            return [.. MembersAfter(group, after).Take(count)];
        }
    }

    /// <summary>The same of all members, direct or through other groups, of those that <paramref name="isWanted"/> takes.
    /// A page sorts no more than it holds, so that the pages of 100,000 members do not sort them all each time.</summary>
    public IReadOnlyList<Guid> TransitiveMembers(Guid group, Guid after, int count, Predicate<Guid> isWanted)
    {
        lock (gate)
        {
            // The first of each group are all that can be among the first of all.
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

    /// <summary>How many members there are, direct or through other groups, of those that <paramref name="isWanted"/> takes.</summary>
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

    /// <summary>Every group that the member is in, directly or through other groups, in the order of ids.</summary>
    public IReadOnlyList<Guid> TransitiveGroups(Guid member)
    {
        lock (gate)
        {
            return [.. Reached(member, groupsOf).Order()];
        }
    }

    // With the group itself. A person has no members, so is not taken for a group.
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
