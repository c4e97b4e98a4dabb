using System.Collections.Immutable;

namespace EngageCenter.Access;

/// <summary>A set of known ids as it is stored. It has no side effects; a method that changes nothing returns this instance.</summary>
[Alias("EngageCenter.StoredIds")]
internal sealed record StoredIds
{
    /// <summary>Who owns the set, see <see cref="PolicyOwner{THolder}"/>.</summary>
    public Tenure Tenure { get; init; }

    /// <summary>Grows by one with each id that is added or removed, and with each newer version of an id.</summary>
    public long Version { get; init; }

    /// <summary>The ids, each with the version with which it was last added.</summary>
    public ImmutableSortedDictionary<Guid, long> Entries { get; init; } = ImmutableSortedDictionary<Guid, long>.Empty;

    /// <summary>
    /// Adds an id. An id that is in the set gets the newer version if it means more than before. Then a reader of the earlier
    /// version learns that it is outdated, and a removal of the earlier version that is still on its way does nothing.
    /// </summary>
    /// <returns>Null if the set is full.</returns>
    public StoredIds? With(Guid id, long version, bool isMore, int max)
    {
        if (Entries.TryGetValue(id, out var known))
        {
            return isMore && version > known ? this with { Version = Version + 1, Entries = Entries.SetItem(id, version) } : this;
        }

        return Entries.Count >= max ? null : this with { Version = Version + 1, Entries = Entries.Add(id, version) };
    }

    public StoredIds Without(Guid id, long version) => Without([new(id, version)]);

    /// <summary>Removes many ids in one change.</summary>
    public StoredIds Without(IEnumerable<KeyValuePair<Guid, long>> removals)
    {
        var kept = Entries.ToBuilder();
        foreach (var (id, version) in removals)
        {
            if (kept.TryGetValue(id, out var known) && known <= version)
            {
                kept.Remove(id);
            }
        }

        return kept.Count == Entries.Count ? this : this with { Version = Version + 1, Entries = kept.ToImmutable() };
    }
}
