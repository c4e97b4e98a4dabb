using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Users;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Agreements;

/// <summary>Reads an agreement from a request's body, and names everything that is wrong with it.</summary>
internal static class AgreementReader
{
    private const int MaxDisplayName = 256;
    private const int MaxEmail = 320;
    private const int MaxPhone = 50;

    private static readonly WireNames<Roles> contractRoles =
        new([.. RoleTable.All.Where(d => d.Assignment == RoleAssignment.Contract).Select(d => (d.Role.ToString(), d.Role))]);

    /// <summary>Null where there are errors.</summary>
    public static Agreement? Read(JsonFields body, RequestErrors errors)
    {
        var name = body.RequiredText("name", Agreement.MaxNameLength);
        var type = body.RequiredChoice("agreementType", WireNames.For<AgreementType>());
        var organization = body.RequiredObject("organization");
        var organizationTenant = organization?.RequiredGuid("tenantId");
        var organizationName = organization?.RequiredText("name", Agreement.MaxNameLength);
        var (start, end) = Period(body);
        var contacts = Contacts(body);
        var packages = Packages(body, type);
        var readers = BillingReaders(body);

        return errors.Any ? null : new(
            name!, type!.Value, new(organizationTenant!.Value, organizationName!), start!.Value, end!.Value,
            [.. contacts.Select(c => c!)], [.. packages.Select(p => p!)], [.. readers.Select(r => r!)]);
    }

    private static List<Contact?> Contacts(JsonFields body)
    {
        var contacts = new List<Contact?>();
        var silent = new List<int>();
        var known = new HashSet<(Roles, PersonId)>();
        foreach (var fields in body.Objects("contacts", 0, Agreement.MaxContacts))
        {
            var role = fields.RequiredChoice("role", contractRoles);
            var tenantId = fields.RequiredGuid("tenantId");
            var userId = fields.RequiredGuid("userId");
            var displayName = fields.RequiredText("displayName", MaxDisplayName);
            var email = Email(fields);
            var phone = fields.OptionalText("phone", MaxPhone);
            var isPrimary = fields.OptionalFlag("isPrimary");
            if (role is null || tenantId is null || userId is null)
            {
                continue;
            }

            var person = new PersonId(tenantId.Value, userId.Value);
            if (!known.Add((role.Value, person)))
            {
                fields.Refuse("userId", "Is a contact in this role already.");
            }

            if (isPrimary is null)
            {
                silent.Add(contacts.Count);
            }

            contacts.Add(displayName is null || email is null ? null : new(role.Value, person, displayName, email, phone, isPrimary ?? false));
        }

        // Of a role's only contact it goes without saying.
        foreach (var i in silent)
        {
            if (contacts[i] is { } contact && contacts.Count(c => c?.Role == contact.Role) == 1)
            {
                contacts[i] = contact with { IsPrimary = true };
            }
        }

        return contacts;
    }

    private static string? Email(JsonFields fields)
    {
        var email = fields.RequiredText("email", MaxEmail);
        if (email is not null && !email.Contains('@', StringComparison.Ordinal))
        {
            fields.Refuse("email", "Must be an email address.");
            return null;
        }

        return email;
    }

    private static List<Package?> Packages(JsonFields body, AgreementType? type)
    {
        var packages = new List<Package?>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        // A workload has its workspaces from its packages.
        foreach (var fields in body.Objects("packages", type == AgreementType.Workload ? 1 : 0, Agreement.MaxPackages))
        {
            var packageId = fields.RequiredId("packageId");
            if (packageId is not null && !known.Add(packageId))
            {
                fields.Refuse("packageId", "Is another package's already.");
            }

            var kind = fields.RequiredChoice("kind", WireNames.For<PackageKind>());
            var name = fields.RequiredText("name", Agreement.MaxNameLength);
            var (start, end) = Period(fields);
            var account = fields.RequiredText("billingAccountId", BillingScope.MaxIdLength);
            var profile = fields.RequiredText("billingProfileId", BillingScope.MaxIdLength);
            var hours = fields.OptionalAmount("hoursPurchased", Package.MaxHours, Package.HoursDecimals);
            packages.Add(packageId is null || kind is null || name is null || start is null || end is null || account is null || profile is null
                ? null
                : new(packageId, kind.Value, name, start.Value, end.Value, account, profile, hours));
        }

        return packages;
    }

    private static List<BillingReader?> BillingReaders(JsonFields body)
    {
        var readers = new List<BillingReader?>();
        foreach (var fields in body.Objects("billingReaders", 0, Agreement.MaxBillingReaders))
        {
            var account = fields.RequiredText("billingAccountId", BillingScope.MaxIdLength);
            var profile = fields.OptionalText("billingProfileId", BillingScope.MaxIdLength);
            var tenantId = fields.RequiredGuid("tenantId");
            var userId = fields.OptionalGuid("userId");
            var groupId = fields.OptionalGuid("groupId");
            if (userId is null == groupId is null)
            {
                fields.Refuse("userId", "Exactly one of userId and groupId is required.");
            }

            readers.Add(account is null || tenantId is null ? null : new(account, profile, tenantId.Value, userId, groupId));
        }

        return readers;
    }

    private static (DateOnly? Start, DateOnly? End) Period(JsonFields fields)
    {
        var start = fields.RequiredDate("startDate");
        var end = fields.RequiredDate("endDate");
        if (end < start)
        {
            fields.Refuse("endDate", "Must not be before startDate.");
        }

        return (start, end);
    }
}
