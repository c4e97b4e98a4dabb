using System.ComponentModel;
using System.Text.Json.Serialization;
using EngageCenter.Agreements;
using EngageCenter.WebApi.Requests;
using FluentValidation;

namespace EngageCenter.WebApi.Agreements;

internal sealed record AccountTeamQuery(
    [property: Description("Selects a billing account that the caller may read. If absent, the first scope that the caller may read is selected.")] string? BillingAccountId,
    [property: Description("Selects one profile of that account.")] string? BillingProfileId) : IQuery<AccountTeamQuery>;

internal sealed class AccountTeamValidator : RequestValidator<AccountTeamQuery>
{
    public AccountTeamValidator()
    {
        RuleFor(query => query.BillingAccountId).Text(BillingScope.MaxIdLength)
            .Must((query, account) => account is not null || query.BillingProfileId is null).WithMessage("Is required if 'billingProfileId' is given.");
        RuleFor(query => query.BillingProfileId).Text(BillingScope.MaxIdLength);
    }
}

/// <summary>The people responsible for the packages of a billing scope.</summary>
/// <param name="BillingScopes">
/// All scopes that the caller may read; absent, like Selected and Contacts, if there are none.
/// </param>
/// <param name="Selected">The scope to which the contacts belong.</param>
/// <param name="Contacts">The primary contacts, once for each kind of package in the scope.</param>
/// <param name="Reason">NoBillingAccess if the caller may read no scope; otherwise absent.</param>
internal sealed record AccountTeamResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<BillingScopeJson>? BillingScopes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SelectedScopeJson? Selected,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<TeamContactJson>? Contacts,
    MicrosoftSupportJson MicrosoftSupport,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason)
{
    private static readonly AccountTeamResponse noBillingAccess = new(null, null, null, MicrosoftSupportJson.Value, nameof(AccountTeamStatus.NoBillingAccess));

    public static AccountTeamResponse Of(AccountTeamOutcome outcome) => outcome.Team is not { } team
        ? noBillingAccess
        : new(
            [.. team.Scopes.Select(s => new BillingScopeJson(
                s.BillingAccountId, s.BillingProfileId, [.. s.Packages.Select(p => new BilledPackageJson(p.PackageId, p.Name, p.Kind))]))],
            new(team.Selected.BillingAccountId, team.Selected.BillingProfileId),
            [.. team.Contacts.Select(c => new TeamContactJson(
                c.Contact.Role.ToString(), c.Contact.DisplayName, c.Contact.Email, c.Contact.Phone, c.Contact.IsPrimary, c.PackageKind))],
            MicrosoftSupportJson.Value,
            null);
}

/// <summary>One profile of a billing account, and what is billed to it.</summary>
internal sealed record BillingScopeJson(string BillingAccountId, string BillingProfileId, IReadOnlyList<BilledPackageJson> Packages);

internal sealed record BilledPackageJson(string PackageId, string Name, PackageKind Kind);

/// <param name="BillingProfileId">Null for all profiles of the account.</param>
internal sealed record SelectedScopeJson(string BillingAccountId, string? BillingProfileId);

internal sealed record TeamContactJson(string Role, string DisplayName, string Email, string? Phone, bool IsPrimary, PackageKind PackageKind);

/// <summary>How everybody can reach Microsoft support.</summary>
internal sealed record MicrosoftSupportJson(string Name, string Url)
{
    public static MicrosoftSupportJson Value { get; } = new("Microsoft Support", "https://support.microsoft.com/");
}
