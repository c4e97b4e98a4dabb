using System.Collections.Immutable;
using System.Text.Json.Serialization;
using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Agreements;

/// <summary>An agreement as stored. It has no side effects: a command returns its outcome and the next state.</summary>
[Alias("EngageCenter.StoredAgreement")]
internal sealed record StoredAgreement : IStoredState
{
    /// <summary>The most workspaces of one agreement, including those of packages that left it.</summary>
    public const int MaxWorkspaces = 500;

    /// <summary>Null if there is no such agreement.</summary>
    public Agreement? Agreement { get; init; }

    /// <summary>The workspaces, in the order in which they were added. None is ever removed.</summary>
    public ImmutableArray<PlannedWorkspace> Workspaces { get; init; } = [];

    /// <summary>Grows by one with each change.</summary>
    public long Version { get; init; }

    /// <summary>Who made the last change; the audit trails of the workspaces show this name.</summary>
    public Actor? ChangedBy { get; init; }

    string? IStoredState.Contradiction => Agreement is null || ChangedBy is null ? "it is of an agreement that says nothing"
        : Version < 1 ? $"its version is {Version}"
        : null;

    /// <exception cref="ArgumentException">The agreement breaks one of the <see cref="AgreementRules"/>.</exception>
    public (PutAgreementStatus Status, StoredAgreement Next) Put(Actor actor, Agreement agreement)
    {
        AgreementRules.Check(agreement);
        var hasAdministrator = agreement.Contacts.Any(c => c.Role == Roles.CustomerSupportManager);
        if (Agreement is null && !hasAdministrator)
        {
            return (PutAgreementStatus.AdministratorRequired, this);
        }

        if (Agreement is not null)
        {
            if (agreement.Organization.TenantId != Agreement.Organization.TenantId)
            {
                return (PutAgreementStatus.OrganizationFixed, this);
            }

            if (agreement.AgreementType != Agreement.AgreementType)
            {
                return (PutAgreementStatus.AgreementTypeFixed, this);
            }

            if (!hasAdministrator)
            {
                return (PutAgreementStatus.LastAdministrator, this);
            }

            if (agreement == Agreement)
            {
                return (PutAgreementStatus.Updated, this);
            }
        }

        var workspaces = Plan(agreement);
        if (workspaces.Length > MaxWorkspaces)
        {
            return (PutAgreementStatus.TooManyWorkspacesInAgreement, this);
        }

        var status = Agreement is null ? PutAgreementStatus.Created : PutAgreementStatus.Updated;
        return (status, this with { Agreement = agreement, Workspaces = workspaces, Version = Version + 1, ChangedBy = actor });
    }

    [JsonIgnore]
    public ImmutableArray<string> WorkspaceIds => [.. Workspaces.Select(w => w.WorkspaceId)];

    /// <summary>Returns this state with the mark that every workspace has stored its contract.</summary>
    public StoredAgreement AllStored() => Workspaces.All(w => w.IsStored)
        ? this
        : this with { Workspaces = [.. Workspaces.Select(w => w with { IsStored = true })] };

    public IEnumerable<PersonId> Contacts() => Agreement?.Contacts.Select(c => c.Person).Distinct() ?? [];

    /// <summary>Returns the tenants whose people the agreement concerns: the organization's, its contacts' and its billing readers'.</summary>
    public IEnumerable<Guid> Tenants() => Agreement is null
        ? []
        : Agreement.Contacts.Select(c => c.Person.TenantId)
            .Concat(Agreement.BillingReaders.Select(r => r.TenantId)).Append(Agreement.Organization.TenantId).Distinct();

    public WorkspaceContract ContractOf(string agreementId, PlannedWorkspace workspace) => new(
        agreementId, Agreement!.AgreementType, Agreement.Organization.TenantId, workspace.DefaultName,
        Agreement.StartDate, Agreement.EndDate,
        [.. Agreement.Contacts.GroupBy(c => c.Person).OrderBy(g => g.Key.ToString(), StringComparer.Ordinal).Select(g => new PolicyContact(
            g.Key, g.Aggregate(Roles.None, (roles, c) => roles | c.Role), g.First().DisplayName, g.First().Email))],
        Version,
        ContractTerms.Of(Agreement, workspace.PackageId))
    {
        WorkspaceWasStored = workspace.IsStored,
    };

    // One workspace for the agreement, or one for each package. A new package adds one; a package that left keeps its own.
    private ImmutableArray<PlannedWorkspace> Plan(Agreement agreement)
    {
        (string? PackageId, string Name)[] wanted = agreement.AgreementType == AgreementType.Workload
            ? [.. agreement.Packages.Select(p => ((string?)p.PackageId, p.Name))]
            : [(null, agreement.Organization.Name)];

        var kept = Workspaces.Select(w =>
            wanted.FirstOrDefault(n => n.PackageId == w.PackageId) is { Name: { } name } ? w with { DefaultName = name } : w);
        var added = wanted.Where(n => Workspaces.All(w => w.PackageId != n.PackageId))
            .Select(n => new PlannedWorkspace(Guid.NewGuid().ToString("N"), n.PackageId, n.Name));
        return [.. kept, .. added];
    }
}

/// <param name="PackageId">The package that the workspace is for; null if it is for the whole agreement.</param>
/// <param name="IsStored">Whether the workspace is known to be stored. If its row is missing then, it is not set up again.</param>
[Alias("EngageCenter.PlannedWorkspace")]
internal sealed record PlannedWorkspace(string WorkspaceId, string? PackageId, string DefaultName, [property: SinceFormat(1)] bool IsStored = false);
