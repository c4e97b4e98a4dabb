using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Paging;
using EngageCenter.Storage;

namespace EngageCenter.Workspaces;

/// <summary>
/// A workspace as stored. It has no side effects: each command returns its outcome and the next state, which is this instance
/// if nothing changes.
/// </summary>
[Alias("EngageCenter.Workspace")]
internal sealed record Workspace : IStoredState
{
    /// <summary>Who owns the policy, see <see cref="PolicyOwner{THolder}"/>.</summary>
    [SinceFormat(1)]
    public Tenure Tenure { get; init; }

    /// <summary>Null until an agreement sets the workspace up; until then it does not exist.</summary>
    public WorkspaceContract? Contract { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The name that a member gave it; null if it has the contract's name.</summary>
    public string? Name { get; init; }

    /// <summary>Sorted by group id, at most <see cref="GroupGrant.MaxPerWorkspace"/>.</summary>
    public ImmutableArray<GroupGrant> Groups { get; init; } = [];

    /// <summary>Grows by one with each change of who holds which role.</summary>
    public long Epoch { get; init; }

    /// <summary>Grows by one with each change of anything that members see of the workspace.</summary>
    public long Version { get; init; }

    /// <summary>How often a group with roles was renamed. The list of groups is ordered by name, so its cursors contain this number.</summary>
    [SinceFormat(1)]
    public long GroupRenames { get; init; }

    public AuditTrail Audit { get; init; } = AuditTrail.Empty;

    // A stored workspace always has a contract, and groups are found by binary search.
    string? IStoredState.Contradiction => this switch
    {
        { Contract: null } => "it is of a workspace without a contract",
        _ when Epoch < 1 || Version < Epoch => $"its epoch is {Epoch} and its version {Version}",
        _ when !Groups.Zip(Groups.Skip(1)).All(pair => pair.First.GroupId.CompareTo(pair.Second.GroupId) < 0) => "its groups are not in order",
        _ when Audit.Recent.IsEmpty || !AuditTrail.EndsAt(Audit.Recent, Audit.Last) => "the end of its audit trail has a gap",
        _ => null,
    };

    public WorkspaceHeader Header(string workspaceId) => Contract is null
        ? throw new InvalidOperationException($"Workspace {workspaceId} was never set up.")
        : new(workspaceId, Name ?? Contract.DefaultName, Contract.DefaultName, Contract.AgreementId,
            Contract.AgreementType, Contract.StartDate, Contract.EndDate, CreatedAt);

    /// <summary>Returns what members see. The status changes with the date, so it is part of the version that the ETag is made from.</summary>
    public WorkspaceView View(string workspaceId, DateTimeOffset now)
    {
        var header = Header(workspaceId);
        var status = Agreement.StatusAt(now, header.StartDate, header.EndDate);
        return new(header, status, (Version * 3) + (int)status);
    }

    public LeasedPolicy Policy(string workspaceId)
    {
        var header = Header(workspaceId);
        return new(
            header,
            new(header.AgreementId, Contract!.TenantId, header.StartDate, Contract.Contacts,
                [.. Groups.Select(g => new PolicyGroup(g.GroupId, g.Roles))]),
            Epoch,
            Contract.Terms);
    }

    public Workspace Provision(Actor actor, WorkspaceContract contract, DateTimeOffset now)
    {
        if (contract.Version <= (Contract?.Version ?? 0))
        {
            // An earlier release stored the contract without its terms. They do not change anybody's rights.
            return contract.Version == Contract?.Version && Contract.Terms is null && contract.Terms is not null
                ? this with { Contract = contract }
                : this;
        }

        var target = new AuditTarget(AuditTargetKind.Agreement, contract.AgreementId, null);
        var next = this with
        {
            Contract = contract,
            CreatedAt = Contract is null ? now : CreatedAt,
            Epoch = Epoch + 1,
            Version = Version + 1,
        };
        var (before, after) = AuditTrail.ContractChange(Contract, contract);
        return Contract is null ? next with { Audit = Audit.Record(now, actor, AuditAction.WorkspaceCreated, target, null, after) }
            : after.IsEmpty ? next // The agreement changed in something that does not concern this workspace.
            : next with { Audit = Audit.Record(now, actor, AuditAction.ContractChanged, target, before, after) };
    }

    /// <exception cref="ArgumentException">The name cannot be shown to people.</exception>
    public (RenameStatus Status, Workspace Next) Rename(Actor actor, RenameWorkspace command, string workspaceId, DateTimeOffset now)
    {
        Bounds.Text(command.Name, WorkspaceHeader.MaxNameLength);
        var view = View(workspaceId, now);
        if (command.Condition is { } condition && !condition.Allows(view.Version))
        {
            return (RenameStatus.VersionMismatch, this);
        }

        if (command.Name == view.Header.Name && Name is not null)
        {
            return (RenameStatus.Renamed, this);
        }

        return (RenameStatus.Renamed, this with
        {
            Name = command.Name,
            Version = Version + 1,
            Audit = Audit.Record(
                now, actor, AuditAction.WorkspaceRenamed, new(AuditTargetKind.Workspace, workspaceId, command.Name),
                AuditTrail.Of(("name", [view.Header.Name])),
                AuditTrail.Of(("name", [command.Name]))),
        });
    }

    public GroupGrant? Group(Guid groupId) =>
        IndexOf(groupId) is var index and >= 0 ? Groups[index] : null;

    /// <exception cref="ArgumentException">No role is granted, or the name cannot be shown to people.</exception>
    public (PutGroupOutcome Outcome, Workspace Next) PutGroup(Actor actor, PutGroup command, DateTimeOffset now)
    {
        Bounds.OptionalText(command.DisplayName, GroupGrant.MaxDisplayNameLength);
        Bounds.Require(command.Roles != Roles.None, "A group is granted at least one role.");
        var index = IndexOf(command.GroupId);
        var before = index >= 0 ? Groups[index] : null;
        if (command.Condition is { } condition && !condition.Allows(before?.Version))
        {
            return (new(PutGroupStatus.VersionMismatch), this);
        }

        if ((command.Roles & ~RoleTable.Assignable) != 0)
        {
            return (new(PutGroupStatus.RoleNotAssignable), this);
        }

        if (before is null && Groups.Length >= GroupGrant.MaxPerWorkspace)
        {
            return (new(PutGroupStatus.TooManyGroups), this);
        }

        var displayName = command.DisplayName ?? before?.DisplayName;
        if (before is not null && before.Roles == command.Roles && before.DisplayName == displayName)
        {
            return (new(PutGroupStatus.Updated, before), this);
        }

        var epoch = before?.Roles == command.Roles ? Epoch : Epoch + 1;
        var version = Version + 1;
        var after = new GroupGrant(
            command.GroupId, displayName, command.Roles, before?.GrantedBy ?? actor, before?.GrantedAt ?? now, now, version);
        return (new(before is null ? PutGroupStatus.Created : PutGroupStatus.Updated, after), this with
        {
            Groups = before is null ? Groups.Insert(~index, after) : Groups.SetItem(index, after),
            Epoch = epoch,
            Version = version,
            GroupRenames = before is null || before.DisplayName == displayName ? GroupRenames : GroupRenames + 1,
            Audit = Audit.Record(
                now, actor, before is null ? AuditAction.GroupGranted : AuditAction.GroupChanged,
                TargetOf(after), before is null ? null : AuditTrail.GrantOf(before), AuditTrail.GrantOf(after)),
        });
    }

    /// <summary>
    /// Takes over the new name of a group that was renamed in the directory. A name that cannot be shown to people is ignored.
    /// The audit trail gets no event, because nobody changed anything here.
    /// </summary>
    public Workspace NameGroup(Guid groupId, string displayName)
    {
        var index = IndexOf(groupId);
        return index < 0 || Groups[index].DisplayName == displayName || !Bounds.IsText(displayName, GroupGrant.MaxDisplayNameLength) ? this : this with
        {
            Groups = Groups.SetItem(index, Groups[index] with { DisplayName = displayName, Version = Version + 1 }),
            Version = Version + 1,
            GroupRenames = GroupRenames + 1,
        };
    }

    public (DeleteGroupStatus Status, Workspace Next) DeleteGroup(Actor actor, DeleteGroup command, DateTimeOffset now)
    {
        var index = IndexOf(command.GroupId);
        var before = index >= 0 ? Groups[index] : null;
        if (command.Condition is { } condition && !condition.Allows(before?.Version))
        {
            return (DeleteGroupStatus.VersionMismatch, this);
        }

        if (before is null)
        {
            return (DeleteGroupStatus.Deleted, this);
        }

        return (DeleteGroupStatus.Deleted, this with
        {
            Groups = Groups.RemoveAt(index),
            Epoch = Epoch + 1,
            Version = Version + 1,
            Audit = Audit.Record(now, actor, AuditAction.GroupRevoked, TargetOf(before), AuditTrail.GrantOf(before), null),
        });
    }

    /// <summary>Returns a page of groups, ordered by display name and then by id. A group without a name is ordered by its id.</summary>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    /// <exception cref="ListChangedException">A group was renamed since the page before.</exception>
    public Page<GroupGrant> List(GroupQuery query)
    {
        Bounds.Page(query.Page);
        Bounds.Query(query.Search);
        const string list = "groups";
        var search = SearchTerm.Of(query.Search);
        var matching = Groups
            .Where(g => query.Only.IsDefault || query.Only.BinarySearch(g.GroupId) >= 0)
            .Where(g => query.Role == Roles.None || (g.Roles & query.Role) != 0)
            .Where(g => search is null || search.IsIn(g.DisplayName) || search.IsIn(g.GroupId.ToString("D")))
            .Select(g => (Place: PlaceOf(g), Grant: g))
            .OrderBy(g => g.Place)
            .ToImmutableArray();
        var start = 0;
        if (query.Page.After is { } after)
        {
            var last = NamedCursor.Parse(after, list, GroupRenames);
            start = matching.Count(g => g.Place.CompareTo(last) <= 0);
        }

        return Pages.Of(
            place => matching[place], 0, matching.Length, start, query.Page.Size, count: true,
            matches: null, g => g, last => last.Place.ToString(list),
            g => Weight.Of(g.Grant.DisplayName, g.Grant.GrantedBy.DisplayName)).Select(g => g.Grant);

        NamedCursor PlaceOf(GroupGrant grant) => new(GroupRenames, grant.DisplayName ?? grant.GroupId.ToString("D"), grant.GroupId.ToString("D"));
    }

    private static AuditTarget TargetOf(GroupGrant grant) =>
        new(AuditTargetKind.Group, grant.GroupId.ToString("D"), grant.DisplayName);

    private int IndexOf(Guid groupId)
    {
        int low = 0, high = Groups.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Groups[middle].GroupId.CompareTo(groupId);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }
}
