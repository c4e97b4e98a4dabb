using System.Collections.Immutable;

namespace EngageCenter.Directories;

/// <summary>A page of people whose account was created, changed or deleted. It has either the address of the next page or the one for the next round.</summary>
/// <param name="IsExpired">The address is too old, so the changes since then are unknown.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AccountChanges")]
public sealed record AccountChanges(
    [property: Id(0)] ImmutableArray<Guid> People,
    [property: Id(1)] string? NextPage,
    [property: Id(2)] string? NextRound,
    [property: Id(3)] bool IsExpired = false);

/// <summary>Where to read which accounts were changed. It has its own row, so that a release that does not know it can still read <see cref="Following"/>.</summary>
[Alias("EngageCenter.FollowedAccounts")]
internal sealed record FollowedAccounts
{
    /// <summary>Null before the first round.</summary>
    public string? Address { get; init; }
}
