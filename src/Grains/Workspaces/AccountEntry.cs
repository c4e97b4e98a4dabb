using System.Text.Json.Serialization;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>A person of a workspace whose account was blocked at least once: a copy of what their own grain knows.</summary>
/// <param name="Key">The key of the person's grain.</param>
/// <param name="IsBlocked">Whether the account is blocked, unless the person signed in with a newer token.</param>
/// <param name="At">When the directory was asked.</param>
[Alias("EngageCenter.AccountEntry")]
internal sealed record AccountEntry(
    [property: JsonPropertyName("k")] string Key,
    [property: JsonPropertyName("b")] bool IsBlocked,
    [property: JsonPropertyName("a")] DateTimeOffset At) : ILogEntry<AccountEntry>
{
    int ILogEntry<AccountEntry>.StoredBytes => StoredSize.Of(80, Key);

    [JsonIgnore]
    public UserAccount Account => new() { IsBlocked = IsBlocked, At = At };

    public bool Supersedes(AccountEntry other) => (At, IsBlocked).CompareTo((other.At, other.IsBlocked)) > 0;
}
