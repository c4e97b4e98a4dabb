using System.Text.Json.Serialization;
using EngageCenter.Agreements;

namespace EngageCenter.WebApi.Agreements;

/// <summary>An agreement as it is put.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="StartDate">A whole day in UTC.</param>
/// <param name="EndDate">The last day, included.</param>
/// <param name="Contacts">At most 100; at least one Customer Support Manager.</param>
/// <param name="Packages">At most 100; at least one for Workload.</param>
/// <param name="BillingReaders">At most 500.</param>
internal sealed record AgreementRequest(
    string Name,
    AgreementType AgreementType,
    OrganizationJson Organization,
    DateOnly StartDate,
    DateOnly EndDate,
    IReadOnlyList<ContactJson> Contacts,
    IReadOnlyList<PackageJson>? Packages,
    IReadOnlyList<BillingReaderJson>? BillingReaders);

/// <summary>An agreement and the workspaces that it opened.</summary>
/// <param name="Workspaces">None while the agreement is pending.</param>
internal sealed record AgreementResponse(
    string AgreementId,
    string Name,
    AgreementType AgreementType,
    OrganizationJson Organization,
    DateOnly StartDate,
    DateOnly EndDate,
    IReadOnlyList<ContactJson> Contacts,
    IReadOnlyList<PackageJson> Packages,
    IReadOnlyList<BillingReaderJson> BillingReaders,
    AgreementStatus Status,
    IReadOnlyList<AgreementWorkspaceJson> Workspaces)
{
    public static AgreementResponse Of(AgreementView view)
    {
        var agreement = view.Agreement;
        return new(
            view.AgreementId,
            agreement.Name,
            agreement.AgreementType,
            new(agreement.Organization.TenantId, agreement.Organization.Name),
            agreement.StartDate,
            agreement.EndDate,
            [.. agreement.Contacts.Select(c => new ContactJson(
                c.Role.ToString(), c.Person.TenantId, c.Person.UserId, c.DisplayName, c.Email, c.Phone, c.IsPrimary))],
            [.. agreement.Packages.Select(p => new PackageJson(
                p.PackageId, p.Kind, p.Name, p.StartDate, p.EndDate, p.BillingAccountId, p.BillingProfileId, p.HoursPurchased))],
            [.. agreement.BillingReaders.Select(r => new BillingReaderJson(
                r.BillingAccountId, r.BillingProfileId, r.TenantId, r.UserId, r.GroupId))],
            view.Status,
            [.. view.Workspaces.Select(w => new AgreementWorkspaceJson(w.WorkspaceId, w.Name))]);
    }
}

/// <param name="Name">1 to 100 characters.</param>
internal sealed record OrganizationJson(Guid TenantId, string Name);

/// <param name="Role">CustomerSuccessAccountManager, CustomerSupportManager or IncidentManager.</param>
/// <param name="IsPrimary">Where nothing is said: whether the contact is the only one in the role.</param>
internal sealed record ContactJson(
    string Role,
    Guid TenantId,
    Guid UserId,
    string DisplayName,
    string Email,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Phone,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? IsPrimary);

/// <param name="PackageId">1 to 64 of A-Z a-z 0-9 . _ ~ -</param>
/// <param name="HoursPurchased">0 to 1,000,000 with at most four decimals.</param>
internal sealed record PackageJson(
    string PackageId,
    PackageKind Kind,
    string Name,
    DateOnly StartDate,
    DateOnly EndDate,
    string BillingAccountId,
    string BillingProfileId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] decimal? HoursPurchased);

/// <summary>A person or a group: exactly one of the two.</summary>
/// <param name="BillingProfileId">Absent for all profiles of the account.</param>
internal sealed record BillingReaderJson(
    string BillingAccountId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? BillingProfileId,
    Guid TenantId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? UserId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? GroupId);

internal sealed record AgreementWorkspaceJson(string WorkspaceId, string Name);
