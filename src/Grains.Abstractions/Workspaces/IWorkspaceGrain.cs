using EngageCenter.Access;
using EngageCenter.Paging;
using Orleans.Concurrency;

namespace EngageCenter.Workspaces;

/// <summary>
/// A workspace: its name, its access policy and their audit trail. Keyed by the workspace's id, 32 lower-case
/// hexadecimal digits.
/// </summary>
/// <remarks>
/// A person's call carries the <see cref="AccessDecision"/> of their user grain. If its epoch is not the workspace's own,
/// the grain does not act on it: a query returns null, a command returns <c>DecideAgain</c>, and the caller decides again.
/// A decision without the needed permission is a fault of the caller and throws <see cref="UnauthorizedAccessException"/>.
/// A workspace is created by its agreement, see <see cref="EngageCenter.Agreements.IAgreementGrain"/>.
/// </remarks>
[GrainInterfaceType("EngageCenter.IWorkspaceGrain"), Alias("EngageCenter.IWorkspaceGrain")]
public interface IWorkspaceGrain : IGrainWithStringKey
{
    /// <summary>Returns the header of the workspace to an application with any of <see cref="AppRoles"/>; null if there is no workspace.</summary>
    [Alias("Header"), AlwaysInterleave]
    Task<WorkspaceHeader?> Header(Actor caller);

    [Alias("Get"), AlwaysInterleave]
    Task<WorkspaceView?> Get(AccessDecision decision);

    /// <summary>Renames the workspace. Needs RenameSpace.</summary>
    [Alias("Rename")]
    Task<RenameOutcome> Rename(AccessDecision decision, Actor actor, RenameWorkspace command);

    /// <summary>
    /// Returns a page of groups, ordered by display name and then by id. Throws <see cref="ListChangedException"/> if a group
    /// was renamed since the page before. Needs ViewEntraGroups.
    /// </summary>
    [Alias("Groups"), AlwaysInterleave]
    Task<Page<GroupGrant>?> Groups(AccessDecision decision, GroupQuery query);

    /// <summary>Returns one group: a page with one item, or an empty one if it has no grant. Needs ViewEntraGroups.</summary>
    [Alias("Group"), AlwaysInterleave]
    Task<Page<GroupGrant>?> Group(AccessDecision decision, Guid groupId);

    /// <summary>Grants a group exactly these roles. Needs ManageEntraGroups.</summary>
    [Alias("PutGroup")]
    Task<PutGroupOutcome> PutGroup(AccessDecision decision, Actor actor, PutGroup command);

    /// <summary>Takes back all roles of a group. Needs ManageEntraGroups.</summary>
    [Alias("DeleteGroup")]
    Task<DeleteGroupOutcome> DeleteGroup(AccessDecision decision, Actor actor, DeleteGroup command);

    /// <summary>Returns a page of the audit trail, newest first. Needs ManageEntraGroups.</summary>
    [Alias("AuditEvents"), AlwaysInterleave]
    Task<Page<AuditEvent>?> AuditEvents(AccessDecision decision, PageRequest page);

    /// <summary>
    /// Returns the events after a given one, oldest first; none if it is the newest. The page's total is the sequence of the
    /// newest event. Needs ManageEntraGroups.
    /// </summary>
    /// <param name="after">The sequence of the given event; 0 to start with the first event.</param>
    /// <param name="count">1 to <see cref="PageRequest.MaxSize"/>. Fewer events are returned if they are large.</param>
    /// <exception cref="InvalidCursorException">There is no event with the sequence <paramref name="after"/>.</exception>
    [Alias("AuditEventsAfter"), AlwaysInterleave]
    Task<Page<AuditEvent>?> AuditEventsAfter(AccessDecision decision, long after, int count);
}
