using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.WebApi.Requests;
using FluentValidation;

namespace EngageCenter.WebApi.Agreements;

/// <summary>The body of a request that creates or updates an agreement.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="StartDate">A whole day in UTC.</param>
/// <param name="EndDate">The last day of the agreement.</param>
/// <param name="Contacts">At most 100; at least one Customer Support Manager.</param>
/// <param name="Packages">At most 100; at least one for an agreement of type Workload.</param>
/// <param name="BillingReaders">At most 500.</param>
internal sealed record AgreementRequest(
    string Name,
    [property: Required] AgreementType? AgreementType,
    OrganizationJson Organization,
    [property: Required] DateOnly? StartDate,
    [property: Required] DateOnly? EndDate,
    IReadOnlyList<ContactJson>? Contacts,
    IReadOnlyList<PackageJson>? Packages,
    IReadOnlyList<BillingReaderJson>? BillingReaders) : IBody<AgreementRequest>
{
    public Agreement ToAgreement() => new(
        Name,
        AgreementType!.Value,
        new(Organization.TenantId!.Value, Organization.Name),
        StartDate!.Value,
        EndDate!.Value,
        // The only contact of a role is the primary one, unless the request says otherwise.
        [.. (Contacts ?? []).Select(c => new Contact(
            c.Role!.Value, new(c.TenantId!.Value, c.UserId!.Value), c.DisplayName, c.Email, c.Phone, c.IsPrimary ?? Contacts!.Count(other => other.Role == c.Role) == 1))],
        [.. (Packages ?? []).Select(p => new Package(
            p.PackageId, p.Kind!.Value, p.Name, p.StartDate!.Value, p.EndDate!.Value, p.BillingAccountId, p.BillingProfileId, p.HoursPurchased))],
        [.. (BillingReaders ?? []).Select(r => new BillingReader(r.BillingAccountId, r.BillingProfileId, r.TenantId!.Value, r.UserId, r.GroupId))]);
}

internal sealed class AgreementValidator : RequestValidator<AgreementRequest>
{
    public AgreementValidator()
    {
        RuleFor(agreement => agreement.Name).Text(Agreement.MaxNameLength);
        RuleFor(agreement => agreement.Organization).SetValidator(new OrganizationValidator());
        RuleFor(agreement => agreement.EndDate).NotBefore(agreement => agreement.StartDate);
        RuleForEach(agreement => agreement.Contacts).NotNull().WithMessage(Rules.ObjectMessage).SetValidator(new ContactValidator());
        RuleFor(agreement => agreement.Contacts).Entries(0, Agreement.MaxContacts)
            .NoneTwice(contact => (contact.Role, contact.TenantId, contact.UserId), "userId", "This person is already a contact in this role.");
        // A Workload agreement gets its workspaces from its packages.
        RuleFor(agreement => agreement.Packages).NotNull().WithMessage("Is required.").Entries(1, Agreement.MaxPackages)
            .When(agreement => agreement.AgreementType == AgreementType.Workload);
        RuleForEach(agreement => agreement.Packages).NotNull().WithMessage(Rules.ObjectMessage).SetValidator(new PackageValidator());
        RuleFor(agreement => agreement.Packages).Entries(0, Agreement.MaxPackages)
            .NoneTwice(package => package.PackageId, "packageId", "Another package already has this id.");
        RuleForEach(agreement => agreement.BillingReaders).NotNull().WithMessage(Rules.ObjectMessage).SetValidator(new BillingReaderValidator());
        RuleFor(agreement => agreement.BillingReaders).Entries(0, Agreement.MaxBillingReaders);
    }
}

/// <param name="Name">1 to 100 characters.</param>
internal sealed record OrganizationJson([property: Required] Guid? TenantId, string Name);

internal sealed class OrganizationValidator : RequestValidator<OrganizationJson>
{
    public OrganizationValidator() => RuleFor(organization => organization.Name).Text(Agreement.MaxNameLength);
}

/// <param name="Role">CustomerSuccessAccountManager, CustomerSupportManager or IncidentManager.</param>
/// <param name="IsPrimary">If absent, true for the only contact of a role and false otherwise.</param>
internal sealed record ContactJson(
    [property: Required] Roles? Role,
    [property: Required] Guid? TenantId,
    [property: Required] Guid? UserId,
    string DisplayName,
    string Email,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Phone,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? IsPrimary);

internal sealed class ContactValidator : RequestValidator<ContactJson>
{
    private const int MaxDisplayName = 256;
    private const int MaxEmail = 320;
    private const int MaxPhone = 50;

    private static readonly Roles[] contractRoles = [.. RoleTable.All.Where(d => d.Assignment == RoleAssignment.Contract).Select(d => d.Role)];

    public ContactValidator()
    {
        RuleFor(contact => contact.Role).Must(role => role is null || contractRoles.Contains(role.Value)).WithMessage($"Must be one of {string.Join(", ", contractRoles)}.");
        RuleFor(contact => contact.DisplayName).Text(MaxDisplayName);
        RuleFor(contact => contact.Email).Text(MaxEmail).Must(email => email is null || Contact.IsEmail(email)).WithMessage("Must be an email address: one @ with text on both sides, and no spaces.");
        RuleFor(contact => contact.Phone).Text(MaxPhone);
    }
}

/// <param name="PackageId">1 to 64 characters of A-Z a-z 0-9 . _ ~ -</param>
/// <param name="HoursPurchased">0 to 1,000,000 with at most four decimals.</param>
internal sealed record PackageJson(
    string PackageId,
    [property: Required] PackageKind? Kind,
    string Name,
    [property: Required] DateOnly? StartDate,
    [property: Required] DateOnly? EndDate,
    string BillingAccountId,
    string BillingProfileId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] decimal? HoursPurchased);

internal sealed class PackageValidator : RequestValidator<PackageJson>
{
    public PackageValidator()
    {
        RuleFor(package => package.PackageId).Id();
        RuleFor(package => package.Name).Text(Agreement.MaxNameLength);
        RuleFor(package => package.EndDate).NotBefore(package => package.StartDate);
        RuleFor(package => package.BillingAccountId).Text(BillingScope.MaxIdLength);
        RuleFor(package => package.BillingProfileId).Text(BillingScope.MaxIdLength);
        RuleFor(package => package.HoursPurchased).Amount(Package.MaxHours, Package.HoursDecimals);
    }
}

/// <summary>A person or a group, exactly one of the two, that may read a billing account.</summary>
/// <param name="BillingProfileId">Absent for all profiles of the account.</param>
internal sealed record BillingReaderJson(
    string BillingAccountId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? BillingProfileId,
    [property: Required] Guid? TenantId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? UserId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? GroupId);

internal sealed class BillingReaderValidator : RequestValidator<BillingReaderJson>
{
    public BillingReaderValidator()
    {
        RuleFor(reader => reader.BillingAccountId).Text(BillingScope.MaxIdLength);
        RuleFor(reader => reader.BillingProfileId).Text(BillingScope.MaxIdLength);
        RuleFor(reader => reader.UserId).Must((reader, user) => user is null != reader.GroupId is null).WithMessage("Exactly one of userId and groupId is required.");
    }
}
