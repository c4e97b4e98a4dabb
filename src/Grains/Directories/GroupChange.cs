using System.Collections.Immutable;

namespace EngageCenter.Directories;

/// <summary>What a directory tells of one group that is followed.</summary>
/// <param name="IsDeleted">There is no such group any more.</param>
/// <param name="People">Who was put in or taken out, or both.</param>
/// <param name="HasGroups">A group was put in or taken out.</param>
/// <param name="DisplayName">Its name, where the directory says it; the same one as before, as a rule.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.GroupChange")]
public sealed record GroupChange(
    [property: Id(0)] Guid GroupId,
    [property: Id(1)] bool IsDeleted,
    [property: Id(2)] ImmutableArray<Guid> People,
    [property: Id(3)] bool HasGroups,
    [property: Id(4)] string? DisplayName = null);

/// <summary>A page of changes, with the address of the next page or of the next round: exactly one of the two.</summary>
/// <param name="IsExpired">The address is too old: what happened since is not told any more.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.GroupChanges")]
public sealed record GroupChanges(
    [property: Id(0)] ImmutableArray<GroupChange> Changes,
    [property: Id(1)] string? NextPage,
    [property: Id(2)] string? NextRound,
    [property: Id(3)] bool IsExpired = false)
{
    /// <summary>Groups that one address follows, as Graph has it.</summary>
    public const int MaxGroups = 50;

    /// <summary>Characters of an address.</summary>
    public const int MaxAddress = 8_192;
}
