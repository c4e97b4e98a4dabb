using System.Collections.Immutable;

namespace EngageCenter.Directories;

/// <summary>
/// Which groups of a tenant are followed, and how far: those that hold roles, and the groups in them at any depth, since a
/// change is told of the one group that it is of. Pure.
/// </summary>
[Alias("EngageCenter.Following")]
internal sealed record Following
{
    /// <summary>Groups that hold roles and are followed. Of the others a removal counts with the next token.</summary>
    public const int MaxGranted = 5_000;

    /// <summary>The groups in each group that holds a role, at any depth.</summary>
    public ImmutableSortedDictionary<Guid, ImmutableArray<Guid>> Nested { get; init; } = ImmutableSortedDictionary<Guid, ImmutableArray<Guid>>.Empty;

    public ImmutableArray<FollowedLot> Lots { get; init; } = [];

    /// <summary>Lets go of groups that hold no role any more, with the lots that only they needed.</summary>
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

    /// <summary>Those that hold roles and are not followed yet.</summary>
    public IEnumerable<Guid> New(ImmutableArray<Guid> granted) => granted.Where(group => !Nested.ContainsKey(group)).Take(MaxGranted - Nested.Count);

    /// <summary>The groups that have to be followed and are in no lot, in lots.</summary>
    public IEnumerable<ImmutableArray<Guid>> Unfollowed()
    {
        var followed = Lots.SelectMany(lot => lot.Groups).ToHashSet();
        return Needed().Where(group => !followed.Contains(group)).Order().Chunk(GroupChanges.MaxGroups).Select(some => some.ToImmutableArray());
    }

    /// <summary>Those that hold roles and contain one of these groups, or are one of them.</summary>
    public IEnumerable<Guid> Containing(IReadOnlySet<Guid> groups) =>
        Nested.Where(granted => groups.Contains(granted.Key) || granted.Value.Any(groups.Contains)).Select(granted => granted.Key);

    public Following With(Guid granted, ImmutableArray<Guid> nested) => this with { Nested = Nested.SetItem(granted, nested) };

    public Following With(FollowedLot lot) => this with { Lots = [.. Lots.Where(other => !other.Groups.SequenceEqual(lot.Groups)), lot] };

    /// <summary>Who may have lost or gained what by a round of changes.</summary>
    public Affected Affected(IReadOnlyCollection<GroupChange> changes)
    {
        // Whoever was in a group that is gone, or in one that a group was taken out of, is not named.
        var unnamed = changes.Where(change => change.IsDeleted || change.HasGroups).Select(change => change.GroupId).ToHashSet();
        return new([.. changes.SelectMany(change => change.People).Distinct()], [.. Containing(unnamed)]);
    }

    private HashSet<Guid> Needed() => [.. Nested.Keys, .. Nested.Values.SelectMany(nested => nested)];
}

/// <param name="Groups">Sorted; at most <see cref="GroupChanges.MaxGroups"/>.</param>
/// <param name="Address">Where the directory tells what changed since.</param>
[Alias("EngageCenter.FollowedLot")]
internal sealed record FollowedLot(ImmutableArray<Guid> Groups, string Address);

/// <param name="People">Who was named.</param>
/// <param name="Groups">Groups that hold roles, whose people may all be concerned; the groups in them have to be read again.</param>
internal sealed record Affected(ImmutableArray<Guid> People, ImmutableArray<Guid> Groups);
