using System.Collections.Immutable;
using EngageCenter.Users;

namespace EngageCenter.Directories;

/// <summary>A person in the directory. The texts are written by the customer and keep the limits of <see cref="UserProfile"/>.</summary>
/// <param name="IsEnabled">Whether the account is enabled; null if the application may not read that.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryMember")]
public sealed record DirectoryMember(
    [property: Id(0)] Guid UserId,
    [property: Id(1)] UserProfile Profile,
    [property: Id(2)] bool? IsEnabled);

/// <summary>A page of the people of a group.</summary>
/// <param name="NextPage">The address of the next page; null on the last page.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryMembers")]
public sealed record DirectoryMembers(
    [property: Id(0)] ImmutableArray<DirectoryMember> People,
    [property: Id(1)] string? NextPage)
{
    /// <summary>The most people on a page: Graph's limit.</summary>
    public const int MaxPage = 999;
}
