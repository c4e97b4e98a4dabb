using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EngageCenter.Storage;

/// <summary>An entry of a <see cref="SegmentedLog{TEntry}"/>.</summary>
internal interface ILogEntry<TSelf>
    where TSelf : class, ILogEntry<TSelf>
{
    /// <summary>At least the number of bytes of its JSON, see <see cref="StoredSize"/>.</summary>
    int StoredBytes { get; }

    /// <summary>What the entry is about. Keys are compared ordinally.</summary>
    string Key { get; }

    /// <summary>Whether this entry is later than another one with the same key. It is a total order for each key, and never true for equal entries.</summary>
    bool Supersedes(TSelf other);
}

/// <summary>A row of a <see cref="SegmentedLog{TEntry}"/>. An empty row is never stored, so it stands for a missing one.</summary>
/// <param name="Entries">At most <see cref="SegmentedLog{TEntry}.MaxSegment"/>, one per key.</param>
/// <param name="Commit">The last commit that wrote the row. Commits count from 1.</param>
/// <param name="Previous">The last commit that wrote the previous segment; 0 in the very first segment.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.LogSegment`1")]
internal sealed record LogSegment<TEntry>(
    [property: Id(0), JsonPropertyName("e")] ImmutableArray<TEntry> Entries,
    [property: Id(1), JsonPropertyName("c")] long Commit,
    [property: Id(2), JsonPropertyName("p")] long Previous) : IStoredState, ILogSegment
{
    public LogSegment()
        : this([], 0, 0)
    {
    }

    string? IStoredState.Contradiction => Entries.IsDefaultOrEmpty || Commit < 1 || Previous < 0 || Previous >= Commit
        ? $"it has {(Entries.IsDefault ? 0 : Entries.Length)} entries of commit {Commit} behind commit {Previous}"
        : null;
}

/// <summary>A <see cref="LogSegment{TEntry}"/> with entries of any type.</summary>
internal interface ILogSegment
{
    long Commit { get; }

    long Previous { get; }
}

/// <summary>The beginning of a <see cref="SegmentedLog{TEntry}"/>.</summary>
/// <param name="First">The oldest segment that counts. Rows of older segments are left-overs.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.LogHead")]
internal sealed record LogHead(
    [property: Id(0), JsonPropertyName("f")] int First)
{
    public LogHead()
        : this(0)
    {
    }
}

/// <summary>The end of a <see cref="SegmentedLog{TEntry}"/>, by which a reader notices that the newest rows are lost.</summary>
/// <param name="Last">A segment that was begun: the newest one, or an older one if a release before this row, or a failure, left it behind.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.LogEnd")]
internal sealed record LogEnd(
    [property: Id(0), JsonPropertyName("l")] int Last) : IStoredState
{
    public LogEnd()
        : this(-1)
    {
    }

    string? IStoredState.Contradiction => Last < 0 ? $"it names segment {Last}" : null;
}
