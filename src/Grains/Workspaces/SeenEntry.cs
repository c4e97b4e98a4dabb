using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>A person seen in a workspace, as it is stored: a copy of what their own grain knows, as of <paramref name="LastSignInAt"/>.</summary>
/// <param name="Key">The person's key.</param>
/// <param name="Groups">16 bytes a group, at most <see cref="MaxGroups"/> groups: an entry takes at most 24 KB.</param>
[Alias("EngageCenter.SeenEntry")]
internal sealed record SeenEntry(
    [property: JsonPropertyName("k")] string Key,
    [property: JsonPropertyName("n")] string DisplayName,
    [property: JsonPropertyName("m")] string? Email,
    [property: JsonPropertyName("t")] UserType UserType,
    [property: JsonPropertyName("f")] DateTimeOffset FirstSignInAt,
    [property: JsonPropertyName("l")] DateTimeOffset LastSignInAt,
    byte[] Groups) : ILogEntry<SeenEntry>
{
    /// <summary>Of somebody in more groups than a token has, those that hold roles somewhere come first.</summary>
    public const int MaxGroups = 1_000;

    private const int BytesPerGroup = 16;

    // Either the bytes of a row, or their groups' numbers, in the same order.
    private readonly byte[] stored = Groups;
    private readonly ImmutableArray<int> numbers = [];
    private readonly GroupNumbers? groups;

    private SeenEntry(SeenEntry other, GroupNumbers known)
        : this(other.Key, other.DisplayName, other.Email, other.UserType, other.FirstSignInAt, other.LastSignInAt, [])
    {
        groups = known;
        numbers = [.. other.GroupIds.Select(known.Of)];
    }

    /// <summary>What a row has of the groups, for every release to read: their ids, sorted.</summary>
    [JsonPropertyName("g")]
    public byte[] Groups
    {
        get => groups is null ? stored : MemoryMarshal.AsBytes(GroupIds.AsSpan()).ToArray();
        init => stored = value;
    }

    /// <summary>Of an entry that has them: see <see cref="Numbered"/>.</summary>
    [JsonIgnore]
    public ImmutableArray<int> Numbers => numbers;

    /// <summary>Sorted.</summary>
    [JsonIgnore]
    public ImmutableArray<Guid> GroupIds => groups is null
        ? [.. MemoryMarshal.Cast<byte, Guid>(stored)]
        : [.. numbers.Select(number => groups[number])];

    int ILogEntry<SeenEntry>.StoredBytes => StoredSize.Of(200 + (2 * BytesPerGroup * GroupCount), Key, DisplayName, Email);

    private int GroupCount => groups is null ? stored.Length / BytesPerGroup : numbers.Length;

    public static SeenEntry Of(SeenUser user) => new(
        user.Person.ToString(), user.Profile.DisplayName, user.Profile.Email, user.Profile.UserType,
        user.FirstSignInAt, user.LastSignInAt, MemoryMarshal.AsBytes(user.Groups.AsSpan()).ToArray());

    /// <summary>The same with numbers in place of ids, as it is kept in memory.</summary>
    public SeenEntry Numbered(GroupNumbers known) => new(this, known);

    public SeenUser User() => new(PersonId.Parse(Key), new(DisplayName, Email, UserType), GroupIds, FirstSignInAt, LastSignInAt);

    /// <summary>Whether the person is in a group. Of an entry that has numbers.</summary>
    public bool IsIn(int group) => numbers.Contains(group);

    /// <summary>Within one second the groups only ever become fewer.</summary>
    public bool Supersedes(SeenEntry other) =>
        (LastSignInAt, -GroupCount).CompareTo((other.LastSignInAt, -other.GroupCount)) > 0;
}
