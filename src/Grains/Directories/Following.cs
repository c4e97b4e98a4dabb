using System.Collections.Immutable;

namespace EngageCenter.Directories;

/// <summary>
/// Which groups of a tenant are followed, and from where: the groups with roles and the groups in them at any depth, because the
/// directory reports a change only for the group that it happened in. No side effects.
/// </summary>
[Alias("EngageCenter.Following")]
internal sealed record Following
{
    /// <summary>The most groups with roles that are followed. For further groups a removal counts with the next token.</summary>
    public const int MaxGranted = 5_000;

    /// <summary>The groups in each group that holds a role, at any depth.</summary>
    public ImmutableSortedDictionary<Guid, ImmutableArray<Guid>> Nested { get; init; } = ImmutableSortedDictionary<Guid, ImmutableArray<Guid>>.Empty;

    public ImmutableArray<FollowedLot> Lots { get; init; } = [];

    /// <summary>Removes groups that no longer hold a role, and lots that only they needed.</summary>
    public Following Keep(ImmutableArray<Guid> granted)
    {
        if (Nested.Keys.All(group => granted.BinarySearch(group) >= 0))
        {
            return this;
        }

        var kept = this with { Nested = Nested.RemoveRange(Nested.Keys.Where(group => granted.BinarySearch(group) < 0)) };
        var needed = kept.Needed();
        return kept with { Lots = [.. Lots.Where(lot => lot.Groups.Any(needed.Contains))] };
    }

    /// <summary>Returns the groups with roles that are not followed yet.</summary>
    public IEnumerable<Guid> New(ImmutableArray<Guid> granted) => granted.Where(group => !Nested.ContainsKey(group)).Take(MaxGranted - Nested.Count);

    /// <summary>Returns the groups that must be followed and are in no lot, divided into lots.</summary>
    public IEnumerable<ImmutableArray<Guid>> Unfollowed()
    {
        var followed = Lots.SelectMany(lot => lot.Groups).ToHashSet();
        return Needed().Where(group => !followed.Contains(group)).Order().Chunk(GroupChanges.MaxGroups).Select(some => some.ToImmutableArray());
    }

    /// <summary>Returns the groups with roles that are one of these groups or contain one.</summary>
    public IEnumerable<Guid> Containing(IReadOnlySet<Guid> groups) =>
        Nested.Where(granted => groups.Contains(granted.Key) || granted.Value.Any(groups.Contains)).Select(granted => granted.Key);

    public Following With(Guid granted, ImmutableArray<Guid> nested) => this with { Nested = Nested.SetItem(granted, nested) };

    public Following With(FollowedLot lot) => this with { Lots = [.. Lots.Where(other => !other.Groups.SequenceEqual(lot.Groups)), lot] };

    /// <summary>Returns who may have lost or gained something by a round of changes.</summary>
    public Affected Affected(IReadOnlyCollection<GroupChange> changes)
    {
        // The people of a deleted group, and of a group that left another one, are not named in the change.
        var unnamed = changes.Where(change => change.IsDeleted || change.HasGroups).Select(change => change.GroupId).ToHashSet();
        return new([.. changes.SelectMany(change => change.People).Distinct()], [.. Containing(unnamed)]);
    }

    private HashSet<Guid> Needed() => [.. Nested.Keys, .. Nested.Values.SelectMany(nested => nested)];
}

/// <param name="Groups">Sorted; at most <see cref="GroupChanges.MaxGroups"/>.</param>
/// <param name="Address">The address for the changes since the last round.</param>
[Alias("EngageCenter.FollowedLot")]
internal sealed record FollowedLot(ImmutableArray<Guid> Groups, string Address);

/// <param name="People">The people whom the changes name.</param>
/// <param name="Groups">Groups with roles whose people may all be concerned. The groups in them have to be read again.</param>
internal sealed record Affected(ImmutableArray<Guid> People, ImmutableArray<Guid> Groups);
