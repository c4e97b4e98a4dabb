using System.Numerics;
using EngageCenter.Access;
using EngageCenter.Users;

namespace EngageCenter.Agreements;

/// <summary>The rules that every agreement must follow, whatever was stored before. No side effects.</summary>
internal static class AgreementRules
{
    /// <exception cref="ArgumentException">The agreement breaks a rule.</exception>
    public static void Check(Agreement agreement)
    {
        ArgumentNullException.ThrowIfNull(agreement);
        Bounds.Text(agreement.Name, Agreement.MaxNameLength);
        Bounds.Defined(agreement.AgreementType);
        ArgumentNullException.ThrowIfNull(agreement.Organization);
        Bounds.Text(agreement.Organization.Name, Agreement.MaxNameLength);
        Bounds.Period(agreement.StartDate, agreement.EndDate);

        Bounds.Items(agreement.Contacts, 0, Agreement.MaxContacts);
        foreach (var contact in agreement.Contacts)
        {
            Check(contact);
        }

        Bounds.Require(
            agreement.Contacts.DistinctBy(c => (c.Role, c.Person)).Count() == agreement.Contacts.Length, "A person is a contact in a role once.");

        // A workload has one workspace for each package.
        Bounds.Items(agreement.Packages, agreement.AgreementType == AgreementType.Workload ? 1 : 0, Agreement.MaxPackages);
        foreach (var package in agreement.Packages)
        {
            Check(package);
        }

        Bounds.Require(
            agreement.Packages.DistinctBy(p => p.PackageId, StringComparer.Ordinal).Count() == agreement.Packages.Length, "A package's id is there once.");

        Bounds.Items(agreement.BillingReaders, 0, Agreement.MaxBillingReaders);
        foreach (var reader in agreement.BillingReaders)
        {
            Check(reader);
        }
    }

    private static void Check(Contact contact)
    {
        Bounds.Require(
            BitOperations.IsPow2((int)contact.Role) && (contact.Role & RoleTable.Contract) != Roles.None, "A contact has one of the contract's roles.");
        Bounds.Text(contact.DisplayName, UserProfile.MaxDisplayNameLength);
        Bounds.Text(contact.Email, UserProfile.MaxEmailLength);
        Bounds.Require(Contact.IsEmail(contact.Email), "Must be an email address.");
        Bounds.OptionalText(contact.Phone, Contact.MaxPhoneLength);
    }

    private static void Check(Package package)
    {
        Bounds.Id(package.PackageId);
        Bounds.Defined(package.Kind);
        Bounds.Text(package.Name, Agreement.MaxNameLength);
        Bounds.Period(package.StartDate, package.EndDate);
        Bounds.Text(package.BillingAccountId, BillingScope.MaxIdLength);
        Bounds.Text(package.BillingProfileId, BillingScope.MaxIdLength);
        Bounds.Hours(package.HoursPurchased);
    }

    private static void Check(BillingReader reader)
    {
        Bounds.Text(reader.BillingAccountId, BillingScope.MaxIdLength);
        Bounds.OptionalText(reader.BillingProfileId, BillingScope.MaxIdLength);
        Bounds.Require(reader.UserId is null != reader.GroupId is null, "A reader is either a person or a group.");
    }
}
