using System.Collections.Immutable;

namespace EngageCenter.Directories;

/// <summary>What a directory told since some version.</summary>
/// <param name="Version">Of now.</param>
/// <param name="IsKnown">False where it is not known any more what happened since: everything has to be read again.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ToldChanges")]
internal sealed record ToldChanges(
    [property: Id(0)] long Version,
    [property: Id(1)] bool IsKnown,
    [property: Id(2)] ImmutableArray<ToldChange> Changes);

/// <param name="Groups">Those that hold roles and contain the group that changed; none where accounts changed.</param>
/// <param name="People">Who is concerned; none: everybody in the groups.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ToldChange")]
internal sealed record ToldChange(
    [property: Id(0)] ImmutableArray<Guid> Groups,
    [property: Id(1)] ImmutableArray<Guid> People);

/// <summary>The newest changes that were told, by version. Bounded: what is older is forgotten.</summary>
/// <param name="start">Greater than any version of a log before this one.</param>
internal sealed class ToldLog(long start)
{
    /// <summary>Changes that are kept.</summary>
    public const int MaxChanges = 1_000;

    /// <summary>People in them.</summary>
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
