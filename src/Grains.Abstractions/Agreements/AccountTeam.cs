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
    /// <summary>The greatest length of an account's or a profile's id, in characters.</summary>
    public const int MaxIdLength = 100;
}

/// <summary>The people responsible for a workspace's packages, for the billing scopes that a person may read.</summary>
/// <param name="Scopes">All profiles that packages are billed to and that the person may read, by account and profile (ordinal).</param>
/// <param name="Selected">The scope of <paramref name="Contacts"/>.</param>
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
    /// <summary>There is a team, or the decision says that the person is not a member.</summary>
    Found,

    /// <summary>No package is billed to a scope that the person may read.</summary>
    NoBillingAccess,

    /// <summary>The person may not read the requested scope, or no package is billed to it.</summary>
    ScopeRefused,
}

/// <param name="Team">Null if there is none.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AccountTeamOutcome")]
public sealed record AccountTeamOutcome(
    [property: Id(0)] AccessDecision Decision,
    [property: Id(1)] AccountTeamStatus Status,
    [property: Id(2)] AccountTeam? Team = null);
