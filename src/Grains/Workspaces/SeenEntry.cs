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
    [property: JsonPropertyName("g")] byte[] Groups) : ILogEntry<SeenEntry>
{
    /// <summary>Of somebody in more groups than a token has, those that hold roles somewhere come first.</summary>
    public const int MaxGroups = 1_000;

    int ILogEntry<SeenEntry>.StoredBytes => StoredSize.Of(200 + (2 * Groups.Length), Key, DisplayName, Email);

    public static SeenEntry Of(SeenUser user) => new(
        user.Person.ToString(), user.Profile.DisplayName, user.Profile.Email, user.Profile.UserType,
        user.FirstSignInAt, user.LastSignInAt, MemoryMarshal.AsBytes(user.Groups.AsSpan()).ToArray());

    public SeenUser User() => new(
        PersonId.Parse(Key), new(DisplayName, Email, UserType),
        [.. MemoryMarshal.Cast<byte, Guid>(Groups)], FirstSignInAt, LastSignInAt);

    /// <summary>Whether the person is in a group, without anything being made of the rest.</summary>
    public bool IsIn(Guid group) => MemoryMarshal.Cast<byte, Guid>(Groups).BinarySearch(group) >= 0;

    /// <summary>Within one second the groups only ever become fewer.</summary>
    public bool Supersedes(SeenEntry other) =>
        (LastSignInAt, -Groups.Length).CompareTo((other.LastSignInAt, -other.Groups.Length)) > 0;
}
