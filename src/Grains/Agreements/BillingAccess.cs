using System.Collections.Immutable;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Agreements;

/// <summary>Decides which billing scopes a person may read, and so which contacts of the account team they see. No side effects.</summary>
internal static class BillingAccess
{
    /// <param name="groups">The person's groups in their own tenant.</param>
    /// <param name="asked">Null for the first scope that the person may read.</param>
    public static (AccountTeamStatus Status, AccountTeam? Team) TeamFor(
        PersonId person, ImmutableArray<Guid> groups, ContractTerms terms, BillingScope? asked)
    {
        ImmutableArray<BilledPackages> readable = [.. terms.Packages
            .Where(p => terms.BillingReaders.Any(r => Reads(r, p) && IsMeant(r, person, groups)))
            .GroupBy(p => (p.BillingAccountId, p.BillingProfileId))
            .OrderBy(g => g.Key.BillingAccountId, StringComparer.Ordinal).ThenBy(g => g.Key.BillingProfileId, StringComparer.Ordinal)
            .Select(g => new BilledPackages(g.Key.BillingAccountId, g.Key.BillingProfileId, [.. g]))];
        if (readable.IsEmpty)
        {
            return (asked is null ? AccountTeamStatus.NoBillingAccess : AccountTeamStatus.ScopeRefused, null);
        }

        var selected = asked ?? new(readable[0].BillingAccountId, readable[0].BillingProfileId);
        var kinds = readable.Where(s => IsIn(s, selected)).SelectMany(s => s.Packages).Select(p => p.Kind).Distinct().Order().ToList();
        return kinds.Count == 0
            ? (AccountTeamStatus.ScopeRefused, null)
            : (AccountTeamStatus.Found, new(readable, selected, [.. kinds.SelectMany(kind => terms.Team.Select(c => new TeamContact(c, kind)))]));
    }

    // A reader of an account reads all its profiles.
    private static bool Reads(BillingReader reader, Package package) =>
        reader.BillingAccountId == package.BillingAccountId
        && (reader.BillingProfileId is null || reader.BillingProfileId == package.BillingProfileId);

    private static bool IsMeant(BillingReader reader, PersonId person, ImmutableArray<Guid> groups) =>
        reader.TenantId == person.TenantId
        && (reader.UserId is { } user ? user == person.UserId : reader.GroupId is { } group && groups.Contains(group));

    private static bool IsIn(BilledPackages billed, BillingScope scope) =>
        billed.BillingAccountId == scope.BillingAccountId
        && (scope.BillingProfileId is null || scope.BillingProfileId == billed.BillingProfileId);
}
