using System.Collections.Immutable;

namespace EngageCenter.Directories;

/// <summary>A page of people whose account was made, changed or deleted, with the address of the next page or of the next round: exactly one of the two.</summary>
/// <param name="IsExpired">The address is too old: what happened since is not told any more.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AccountChanges")]
public sealed record AccountChanges(
    [property: Id(0)] ImmutableArray<Guid> People,
    [property: Id(1)] string? NextPage,
    [property: Id(2)] string? NextRound,
    [property: Id(3)] bool IsExpired = false);

/// <summary>Where the directory tells whose account was changed. In a row of its own, so that a release that does not know of it reads <see cref="Following"/>.</summary>
[Alias("EngageCenter.FollowedAccounts")]
internal sealed record FollowedAccounts
{
    /// <summary>Null before the first round.</summary>
    public string? Address { get; init; }
}
