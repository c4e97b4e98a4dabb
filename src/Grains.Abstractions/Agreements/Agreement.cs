using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Users;

namespace EngageCenter.Agreements;

public enum AgreementType
{
    /// <summary>Has one workspace, named after the organization.</summary>
    EnterpriseSupportMca,

    /// <summary>Has one workspace, named after the organization.</summary>
    DigitalNativeSupport,

    /// <summary>Has one workspace for each package, named after the package.</summary>
    Workload,
}

public enum AgreementStatus
{
    /// <summary>Before the start date.</summary>
    Pending,
    Active,

    /// <summary>After the end date. The workspaces stay open to their members.</summary>
    Expired,
}

/// <summary>The content of a contract. Its dates are whole days in UTC, the end date included.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.Agreement")]
public sealed record Agreement(
    [property: Id(0)] string Name,
    [property: Id(1)] AgreementType AgreementType,
    [property: Id(2)] Organization Organization,
    [property: Id(3)] DateOnly StartDate,
    [property: Id(4)] DateOnly EndDate,
    [property: Id(5)] ImmutableArray<Contact> Contacts,
    [property: Id(6)] ImmutableArray<Package> Packages,
    [property: Id(7)] ImmutableArray<BillingReader> BillingReaders)
{
    public const int MaxNameLength = 100;
    public const int MaxContacts = 100;
    public const int MaxPackages = 100;
    public const int MaxBillingReaders = 500;

    // The compiler's equality would compare the arrays by reference.
    public bool Equals(Agreement? other) =>
        other is not null
        && (Name, AgreementType, Organization, StartDate, EndDate)
            == (other.Name, other.AgreementType, other.Organization, other.StartDate, other.EndDate)
        && Contacts.SequenceEqual(other.Contacts)
        && Packages.SequenceEqual(other.Packages)
        && BillingReaders.SequenceEqual(other.BillingReaders);

    public override int GetHashCode() => HashCode.Combine(Name, AgreementType, Organization, StartDate, EndDate);

    /// <summary>Pending before <paramref name="start"/>, Expired from the day after <paramref name="end"/>.</summary>
    public static AgreementStatus StatusAt(DateTimeOffset now, DateOnly start, DateOnly end)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        return today < start ? AgreementStatus.Pending
            : today > end ? AgreementStatus.Expired
            : AgreementStatus.Active;
    }
}

/// <summary>The customer. Only Entra groups of its tenant can hold roles in the workspaces.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.Organization")]
public sealed record Organization(
    [property: Id(0)] Guid TenantId,
    [property: Id(1)] string Name);

/// <summary>A person whom the contract names.</summary>
/// <param name="Role">One of <see cref="RoleTable.Contract"/>.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Contact")]
public sealed record Contact(
    [property: Id(0)] Roles Role,
    [property: Id(1)] PersonId Person,
    [property: Id(2)] string DisplayName,
    [property: Id(3)] string Email,
    [property: Id(4)] string? Phone,
    [property: Id(5)] bool IsPrimary)
{
    public const int MaxPhoneLength = 50;

    /// <summary>Whether the text can be an e-mail address: one @ with text on both sides, and no spaces or control characters.</summary>
    public static bool IsEmail(string text) =>
        text.Split('@') is [{ Length: > 0 }, { Length: > 0 }] && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
}

public enum PackageKind
{
    EnterpriseWide,
    AddOn,
}

/// <param name="HoursPurchased">0 to 1,000,000 with at most four decimals; an earlier release accepted more decimals.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Package")]
public sealed record Package(
    [property: Id(0)] string PackageId,
    [property: Id(1)] PackageKind Kind,
    [property: Id(2)] string Name,
    [property: Id(3)] DateOnly StartDate,
    [property: Id(4)] DateOnly EndDate,
    [property: Id(5)] string BillingAccountId,
    [property: Id(6)] string BillingProfileId,
    [property: Id(7)] decimal? HoursPurchased)
{
    /// <summary>The greatest number of hours in any field. With at most <see cref="HoursDecimals"/> decimals, sums are exact.</summary>
    public const decimal MaxHours = 1_000_000;
    public const int HoursDecimals = 4;
}

/// <summary>A person or a group that may read a billing account, or one profile of it.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.BillingReader")]
public sealed record BillingReader(
    [property: Id(0)] string BillingAccountId,
    [property: Id(1)] string? BillingProfileId,
    [property: Id(2)] Guid TenantId,
    [property: Id(3)] Guid? UserId,
    [property: Id(4)] Guid? GroupId);
