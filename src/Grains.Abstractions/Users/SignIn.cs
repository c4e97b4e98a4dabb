using System.Collections.Immutable;
using EngageCenter.Access;

namespace EngageCenter.Users;

public enum UserType
{
    Member,
    Guest,
}

/// <summary>How a person is shown.</summary>
/// <param name="DisplayName">At most <see cref="MaxDisplayNameLength"/> characters, as in Entra.</param>
/// <param name="Email">At most <see cref="MaxEmailLength"/> characters.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.UserProfile")]
public sealed record UserProfile(
    [property: Id(0)] string DisplayName,
    [property: Id(1)] string? Email,
    [property: Id(2)] UserType UserType)
{
    public const int MaxDisplayNameLength = 256;
    public const int MaxEmailLength = 320;
}

/// <summary>What a validated access token says of its bearer.</summary>
/// <param name="IssuedAt">The token's <c>iat</c>, in whole seconds. At most <see cref="MaxClockSkew"/> ahead of a silo's clock.</param>
/// <param name="Groups">
/// The token's <c>groups</c>, transitive; at most <see cref="MaxGroups"/>, since Entra leaves them out beyond that. Sorted,
/// without duplicates: <see cref="Create"/> sees to it.
/// </param>
/// <param name="LeavesGroupsOut">
/// The token does not say which groups the person is in. The directory of their tenant is asked; where it cannot say, only the
/// contract decides, and what it does not give is unconfirmed. Such a sign-in has no groups, and takes those of earlier ones not away.
/// </param>
[GenerateSerializer, Immutable, Alias("EngageCenter.SignIn")]
public sealed record SignIn(
    [property: Id(0)] PersonId Person,
    [property: Id(1)] DateTimeOffset IssuedAt,
    [property: Id(2)] UserProfile Profile,
    [property: Id(3)] ImmutableArray<Guid> Groups,
    [property: Id(4)] bool LeavesGroupsOut = false)
{
    public const int MaxGroups = 200;

    /// <summary>By how much an issuer's clock may be ahead: what a web node may be set to, and what a silo takes.</summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>The web node that asks, if it takes decision leases; no part of what the token says.</summary>
    [Id(5)]
    internal IDecisionHolder? Holder { get; init; }

    public static SignIn Create(PersonId person, DateTimeOffset issuedAt, UserProfile profile, IEnumerable<Guid> groups) =>
        new(person, issuedAt, profile, [.. groups.Distinct().Order()]);
}
