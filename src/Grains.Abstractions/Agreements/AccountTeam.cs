using System.Collections.Immutable;
using EngageCenter.Access;

namespace EngageCenter.Agreements;

/// <summary>A billing account, or one profile of it.</summary>
/// <param name="BillingProfileId">Null for all profiles of the account.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.BillingScope")]
public readonly record struct BillingScope(
    [property: Id(0)] string BillingAccountId,
    [property: Id(1)] string? BillingProfileId)
{
    /// <summary>Of an account's and of a profile's id, in characters.</summary>
    public const int MaxIdLength = 100;
}

/// <summary>Who answers for a workspace's packages, as far as a person may read the billing scopes that these are of.</summary>
/// <param name="Scopes">All that the person may read: the profiles that packages are billed to, by account and profile (ordinal).</param>
/// <param name="Selected">The scope that <paramref name="Contacts"/> are of.</param>
/// <param name="Contacts">The primary Customer Success Account Managers and Incident Managers, once for each kind of package in the scope.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AccountTeam")]
public sealed record AccountTeam(
    [property: Id(0)] ImmutableArray<BilledPackages> Scopes,
    [property: Id(1)] BillingScope Selected,
    [property: Id(2)] ImmutableArray<TeamContact> Contacts);

/// <summary>The packages that are billed to one profile.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.BilledPackages")]
public sealed record BilledPackages(
    [property: Id(0)] string BillingAccountId,
    [property: Id(1)] string BillingProfileId,
    [property: Id(2)] ImmutableArray<Package> Packages);

[GenerateSerializer, Immutable, Alias("EngageCenter.TeamContact")]
public sealed record TeamContact(
    [property: Id(0)] Contact Contact,
    [property: Id(1)] PackageKind PackageKind);

public enum AccountTeamStatus
{
    /// <summary>There is a team; or the person is no member, as the decision says.</summary>
    Found,

    /// <summary>The person may read no scope that a package is billed to.</summary>
    NoBillingAccess,

    /// <summary>The scope that was asked for is not one that the person may read, or none at all.</summary>
    ScopeRefused,
}

/// <param name="Team">Null unless there is one.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AccountTeamOutcome")]
public sealed record AccountTeamOutcome(
    [property: Id(0)] AccessDecision Decision,
    [property: Id(1)] AccountTeamStatus Status,
    [property: Id(2)] AccountTeam? Team = null);
