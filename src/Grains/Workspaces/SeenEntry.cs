using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>A person seen in a workspace, as stored: a copy of what their own grain knew as of <paramref name="LastSignInAt"/>.</summary>
/// <param name="Key">The key of the person's grain.</param>
/// <param name="Groups">16 bytes for each group, at most <see cref="MaxGroups"/> groups, so an entry takes at most 24 KB.</param>
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
    /// <summary>The most groups of an entry. If a person is in more, those that hold roles somewhere come first.</summary>
    public const int MaxGroups = 1_000;

    private const int BytesPerGroup = 16;

    // Either the bytes of a row, or the numbers of the groups in the same order.
    private readonly byte[] stored = Groups;
    private readonly ImmutableArray<int> numbers = [];
    private readonly GroupNumbers? groups;

    private SeenEntry(SeenEntry other, GroupNumbers known)
        : this(other.Key, other.DisplayName, other.Email, other.UserType, other.FirstSignInAt, other.LastSignInAt, [])
    {
        groups = known;
        numbers = [.. other.GroupIds.Select(known.Of)];
    }

    /// <summary>The groups in the row, for every release to read: their ids, sorted.</summary>
    [JsonPropertyName("g")]
    public byte[] Groups
    {
        get => groups is null ? stored : MemoryMarshal.AsBytes(GroupIds.AsSpan()).ToArray();
        init => stored = value;
    }

    /// <summary>The numbers of the groups, if the entry has them: see <see cref="Numbered"/>.</summary>
    [JsonIgnore]
    public ImmutableArray<int> Numbers => numbers;

    /// <summary>The ids of the groups, sorted.</summary>
    [JsonIgnore]
    public ImmutableArray<Guid> GroupIds => groups is null
        ? [.. MemoryMarshal.Cast<byte, Guid>(stored)]
        : [.. numbers.Select(number => groups[number])];

    int ILogEntry<SeenEntry>.StoredBytes => StoredSize.Of(200 + (2 * BytesPerGroup * GroupCount), Key, DisplayName, Email);

    private int GroupCount => groups is null ? stored.Length / BytesPerGroup : numbers.Length;

    public static SeenEntry Of(SeenUser user) => new(
        user.Person.ToString(), user.Profile.DisplayName, user.Profile.Email, user.Profile.UserType,
        user.FirstSignInAt, user.LastSignInAt, MemoryMarshal.AsBytes(user.Groups.AsSpan()).ToArray());

    /// <summary>Returns the entry with numbers instead of ids, as it is kept in memory.</summary>
    public SeenEntry Numbered(GroupNumbers known) => new(this, known);

    public SeenUser User() => new(PersonId.Parse(Key), new(DisplayName, Email, UserType), GroupIds, FirstSignInAt, SignedInAt);

    /// <summary>When the newest token was issued. <see cref="LastSignInAt"/> is later within the same second if the directory was asked since.</summary>
    [JsonIgnore]
    public DateTimeOffset SignedInAt => LastSignInAt.AddTicks(-(LastSignInAt.Ticks % TimeSpan.TicksPerSecond));

    /// <summary>Whether the person is in a group. Only for an entry with numbers.</summary>
    public bool IsIn(int group) => numbers.Contains(group);

    /// <summary>What was known later, see <see cref="UserObservation.ForLists"/>. Of the same time the groups only ever become fewer.</summary>
    public bool Supersedes(SeenEntry other) =>
        (LastSignInAt, -GroupCount).CompareTo((other.LastSignInAt, -other.GroupCount)) > 0;
}
