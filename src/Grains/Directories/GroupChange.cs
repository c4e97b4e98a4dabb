using System.Collections.Immutable;

namespace EngageCenter.Directories;

/// <summary>A change of one followed group, as the directory reports it.</summary>
/// <param name="IsDeleted">The group no longer exists.</param>
/// <param name="People">Who was added, removed, or both.</param>
/// <param name="HasGroups">Whether a group was added or removed.</param>
/// <param name="DisplayName">The group's name, if the directory reports it. Usually it is the same as before.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.GroupChange")]
public sealed record GroupChange(
    [property: Id(0)] Guid GroupId,
    [property: Id(1)] bool IsDeleted,
    [property: Id(2)] ImmutableArray<Guid> People,
    [property: Id(3)] bool HasGroups,
    [property: Id(4)] string? DisplayName = null);

/// <summary>A page of changes. It has either the address of the next page or the one for the next round.</summary>
/// <param name="IsExpired">The address is too old, so the changes since then are unknown.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.GroupChanges")]
public sealed record GroupChanges(
    [property: Id(0)] ImmutableArray<GroupChange> Changes,
    [property: Id(1)] string? NextPage,
    [property: Id(2)] string? NextRound,
    [property: Id(3)] bool IsExpired = false)
{
    /// <summary>The most groups that one address follows: Graph's limit.</summary>
    public const int MaxGroups = 50;

    /// <summary>The greatest length of an address, in characters.</summary>
    public const int MaxAddress = 8_192;
}
