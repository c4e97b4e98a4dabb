using System.Collections.Immutable;
using EngageCenter.Users;

namespace EngageCenter.Directories;

/// <summary>A person as the directory has them. Texts are the customer's own, at most as long as <see cref="UserProfile"/> has them.</summary>
/// <param name="IsEnabled">Whether the account may be used; null if the application may not know.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryMember")]
public sealed record DirectoryMember(
    [property: Id(0)] Guid UserId,
    [property: Id(1)] UserProfile Profile,
    [property: Id(2)] bool? IsEnabled);

/// <summary>A page of the people of a group.</summary>
/// <param name="NextPage">The address of the next one; null: this is the last.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DirectoryMembers")]
public sealed record DirectoryMembers(
    [property: Id(0)] ImmutableArray<DirectoryMember> People,
    [property: Id(1)] string? NextPage)
{
    /// <summary>People on a page, as Graph has it.</summary>
    public const int MaxPage = 999;
}
