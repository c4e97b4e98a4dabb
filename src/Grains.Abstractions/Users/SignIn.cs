using System.Collections.Immutable;

namespace EngageCenter.Users;

public enum UserType
{
    Member,
    Guest,
}

/// <summary>How a person is shown.</summary>
/// <param name="DisplayName">At most 256 characters, as in Entra.</param>
/// <param name="Email">At most 320 characters.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.UserProfile")]
public sealed record UserProfile(
    [property: Id(0)] string DisplayName,
    [property: Id(1)] string? Email,
    [property: Id(2)] UserType UserType);

/// <summary>What a validated access token says of its bearer.</summary>
/// <param name="IssuedAt">The token's <c>iat</c>, in whole seconds.</param>
/// <param name="Groups">
/// The token's <c>groups</c>, transitive; at most 200, since Entra leaves them out beyond that. Sorted, without
/// duplicates: <see cref="Create"/> sees to it.
/// </param>
[GenerateSerializer, Immutable, Alias("EngageCenter.SignIn")]
public sealed record SignIn(
    [property: Id(0)] PersonId Person,
    [property: Id(1)] DateTimeOffset IssuedAt,
    [property: Id(2)] UserProfile Profile,
    [property: Id(3)] ImmutableArray<Guid> Groups)
{
    public static SignIn Create(PersonId person, DateTimeOffset issuedAt, UserProfile profile, IEnumerable<Guid> groups) =>
        new(person, issuedAt, profile, [.. groups.Distinct().Order()]);
}
