using System.Collections.Immutable;

namespace EngageCenter.Directories;

/// <summary>The changes that a directory reported since a version.</summary>
/// <param name="Version">The current version.</param>
/// <param name="IsKnown">False if the changes since then are no longer known, so that everything has to be read again.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ToldChanges")]
internal sealed record ToldChanges(
    [property: Id(0)] long Version,
    [property: Id(1)] bool IsKnown,
    [property: Id(2)] ImmutableArray<ToldChange> Changes);

/// <param name="Groups">The groups with roles that contain the changed group; empty for a change of accounts.</param>
/// <param name="People">The people concerned; empty for everybody in the groups.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ToldChange")]
internal sealed record ToldChange(
    [property: Id(0)] ImmutableArray<Guid> Groups,
    [property: Id(1)] ImmutableArray<Guid> People);

/// <summary>The newest reported changes, by version. Older changes are forgotten.</summary>
/// <param name="start">Greater than any version of an earlier log.</param>
internal sealed class ToldLog(long start)
{
    /// <summary>The most changes that are kept.</summary>
    public const int MaxChanges = 1_000;

    /// <summary>The most people in these changes.</summary>
    public const int MaxPeople = 20_000;

    private readonly Queue<ToldChange> changes = [];
    private long oldest = start;
    private int people;

    private long Version => oldest + changes.Count;

    public void Add(ToldChange change)
    {
        changes.Enqueue(change);
        people += change.People.Length;
        while (changes.Count > MaxChanges || people > MaxPeople)
        {
            people -= changes.Dequeue().People.Length;
            oldest++;
        }
    }

    public ToldChanges Since(long version) => version < oldest || version > Version
        ? new(Version, IsKnown: false, [])
        : new(Version, IsKnown: true, [.. changes.Skip((int)(version - oldest))]);
}
