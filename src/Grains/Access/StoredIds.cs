using System.Collections.Immutable;

namespace EngageCenter.Access;

/// <summary>A set of known ids as it is stored. Pure: what changes nothing returns this very state.</summary>
[Alias("EngageCenter.StoredIds")]
internal sealed record StoredIds
{
    /// <summary>Who owns the set, see <see cref="PolicyOwner{THolder}"/>.</summary>
    public Tenure Tenure { get; init; }

    /// <summary>Grows by one with each id that comes or goes, and with each newer version of one.</summary>
    public long Version { get; init; }

    /// <summary>The ids, each with the version of what it means that it came with last.</summary>
    public ImmutableSortedDictionary<Guid, long> Entries { get; init; } = ImmutableSortedDictionary<Guid, long>.Empty;

    /// <summary>
    /// An id that is there takes the newer version if it comes to mean more: whoever has read what it meant before must find
    /// that out, and so must a removal that is on its way still.
    /// </summary>
    /// <returns>Null where the set is full.</returns>
    public StoredIds? With(Guid id, long version, bool isMore, int max)
    {
        if (Entries.TryGetValue(id, out var known))
        {
            return isMore && version > known ? this with { Version = Version + 1, Entries = Entries.SetItem(id, version) } : this;
        }

        return Entries.Count >= max ? null : this with { Version = Version + 1, Entries = Entries.Add(id, version) };
    }

    public StoredIds Without(Guid id, long version) => Without([new(id, version)]);

    /// <summary>The same for many ids in one change.</summary>
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
