using EngageCenter.Access;
using EngageCenter.Paging;
using Orleans.Concurrency;

namespace EngageCenter.Workspaces;

/// <summary>
/// A workspace: its name, its access policy and their audit trail. Keyed by the workspace's id, 32 lower-case
/// hexadecimal digits.
/// </summary>
/// <remarks>
/// What a person asks comes with the <see cref="AccessDecision"/> of their user grain. One of another epoch than the
/// workspace's own is not acted on: queries answer null and commands <c>DecideAgain</c>, and the caller decides again.
/// A decision that lacks the permission is a fault of the caller, <see cref="UnauthorizedAccessException"/>.
/// A workspace comes into being with its agreement, see <see cref="EngageCenter.Agreements.IAgreementGrain"/>.
/// </remarks>
[GrainInterfaceType("EngageCenter.IWorkspaceGrain"), Alias("EngageCenter.IWorkspaceGrain")]
public interface IWorkspaceGrain : IGrainWithStringKey
{
    /// <summary>The workspace without a person, for an application with any of <see cref="AppRoles"/>. Null where there is none.</summary>
    [Alias("Header"), AlwaysInterleave]
    Task<WorkspaceHeader?> Header(Actor caller);

    [Alias("Get"), AlwaysInterleave]
    Task<WorkspaceView?> Get(AccessDecision decision);

    /// <summary>Needs RenameSpace.</summary>
    [Alias("Rename")]
    Task<RenameOutcome> Rename(AccessDecision decision, Actor actor, RenameWorkspace command);

    /// <summary>
    /// Needs ViewEntraGroups. Ordered by display name and then by id. A page after a group got another name is a
    /// <see cref="ListChangedException"/>.
    /// </summary>
    [Alias("Groups"), AlwaysInterleave]
    Task<Page<GroupGrant>?> Groups(AccessDecision decision, GroupQuery query);

    /// <summary>Needs ViewEntraGroups. A page of one or none.</summary>
    [Alias("Group"), AlwaysInterleave]
    Task<Page<GroupGrant>?> Group(AccessDecision decision, Guid groupId);

    /// <summary>Needs ManageEntraGroups.</summary>
    [Alias("PutGroup")]
    Task<PutGroupOutcome> PutGroup(AccessDecision decision, Actor actor, PutGroup command);

    /// <summary>Needs ManageEntraGroups.</summary>
    [Alias("DeleteGroup")]
    Task<DeleteGroupOutcome> DeleteGroup(AccessDecision decision, Actor actor, DeleteGroup command);

    /// <summary>Needs ManageEntraGroups. Newest first.</summary>
    [Alias("AuditEvents"), AlwaysInterleave]
    Task<Page<AuditEvent>?> AuditEvents(AccessDecision decision, PageRequest page);

    /// <summary>
    /// Needs ManageEntraGroups. The events that follow one, oldest first: none where it is the newest. The total is the sequence
    /// of the newest.
    /// </summary>
    /// <param name="after">The sequence of the event before; 0 for the first one.</param>
    /// <param name="count">1 to <see cref="PageRequest.MaxSize"/> at most; fewer come where they are large.</param>
    /// <exception cref="InvalidCursorException">There is no such event.</exception>
    [Alias("AuditEventsAfter"), AlwaysInterleave]
    Task<Page<AuditEvent>?> AuditEventsAfter(AccessDecision decision, long after, int count);
}
