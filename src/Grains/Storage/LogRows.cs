using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EngageCenter.Storage;

/// <summary>What a <see cref="SegmentedLog{TEntry}"/> keeps.</summary>
internal interface ILogEntry<TSelf>
    where TSelf : class, ILogEntry<TSelf>
{
    /// <summary>At least as many bytes as its JSON has, see <see cref="StoredSize"/>.</summary>
    int StoredBytes { get; }

    /// <summary>What the entry is about. Keys differ where they differ ordinally.</summary>
    string Key { get; }

    /// <summary>Whether this entry is later than the other of the same key. A total order per key, and never true of two equal ones.</summary>
    bool Supersedes(TSelf other);
}

/// <summary>A row of a <see cref="SegmentedLog{TEntry}"/>. Never empty in storage: an empty one is a row that is not there.</summary>
/// <param name="Entries">At most <see cref="SegmentedLog{TEntry}.MaxSegment"/>, one per key.</param>
/// <param name="Commit">The commit that wrote the row last; commits count from 1.</param>
/// <param name="Previous">The commit that wrote the segment before it last, 0 in the first one ever.</param>
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

/// <summary>A <see cref="LogSegment{TEntry}"/> of whatever entries.</summary>
internal interface ILogSegment
{
    long Commit { get; }

    long Previous { get; }
}

/// <summary>Where a <see cref="SegmentedLog{TEntry}"/> begins.</summary>
/// <param name="First">The oldest segment that still counts. What is left of older ones is rubbish.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.LogHead")]
internal sealed record LogHead(
    [property: Id(0), JsonPropertyName("f")] int First)
{
    public LogHead()
        : this(0)
    {
    }
}
