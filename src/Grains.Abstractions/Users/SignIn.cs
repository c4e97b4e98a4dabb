using System.Collections.Immutable;
using EngageCenter.Access;

namespace EngageCenter.Users;

public enum UserType
{
    Member,
    Guest,
}

/// <summary>The name and e-mail address that a person is shown with.</summary>
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

/// <summary>What a validated access token says about its bearer.</summary>
/// <param name="IssuedAt">The token's <c>iat</c>, in whole seconds. At most <see cref="MaxClockSkew"/> ahead of a silo's clock.</param>
/// <param name="Groups">
/// The token's <c>groups</c>, including nested ones; at most <see cref="MaxGroups"/>, because Entra leaves them out if there
/// are more. Sorted and without duplicates, which <see cref="Create"/> ensures.
/// </param>
/// <param name="LeavesGroupsOut">
/// Whether the token does not say which groups the person is in. Then the directory of their tenant is asked. If it cannot say,
/// only the contract decides, and what it does not give is unconfirmed. Such a sign-in has no groups, and does not take away
/// groups of earlier ones.
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

    /// <summary>How far an issuer's clock may be ahead: the limit of the web nodes' setting, and what a silo accepts.</summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>The web node that asks, if it keeps leased decisions. It is not part of the token.</summary>
    [Id(5)]
    internal IDecisionHolder? Holder { get; init; }

    public static SignIn Create(PersonId person, DateTimeOffset issuedAt, UserProfile profile, IEnumerable<Guid> groups) =>
        new(person, issuedAt, profile, [.. groups.Distinct().Order()]);
}
