using EngageCenter.Agreements;

namespace EngageCenter.WebApi.Agreements;

/// <summary>An agreement and its workspaces.</summary>
/// <param name="Workspaces">Empty while the agreement is pending.</param>
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
                c.Role, c.Person.TenantId, c.Person.UserId, c.DisplayName, c.Email, c.Phone, c.IsPrimary))],
            [.. agreement.Packages.Select(p => new PackageJson(
                p.PackageId, p.Kind, p.Name, p.StartDate, p.EndDate, p.BillingAccountId, p.BillingProfileId, p.HoursPurchased))],
            [.. agreement.BillingReaders.Select(r => new BillingReaderJson(
                r.BillingAccountId, r.BillingProfileId, r.TenantId, r.UserId, r.GroupId))],
            view.Status,
            [.. view.Workspaces.Select(w => new AgreementWorkspaceJson(w.WorkspaceId, w.Name))]);
    }
}

internal sealed record AgreementWorkspaceJson(string WorkspaceId, string Name);
