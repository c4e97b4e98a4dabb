using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Support;

/// <summary>
/// Nothing but a type to resolve: a reference to a grain needs one, and <see cref="SupportGrainTests"/> answer in its place.
/// A class named WorkspaceGrain goes before it, and makes it superfluous.
/// </summary>
internal sealed class StandInWorkspaceGrain : Grain, IWorkspaceGrain
{
    public Task<WorkspaceHeader?> Header() => throw new NotSupportedException();

    public Task<WorkspaceView?> Get(AccessDecision decision) => throw new NotSupportedException();

    public Task<RenameOutcome> Rename(AccessDecision decision, Actor actor, RenameWorkspace command) => throw new NotSupportedException();

    public Task<Page<GroupGrant>?> Groups(AccessDecision decision, GroupQuery query) => throw new NotSupportedException();

    public Task<Page<GroupGrant>?> Group(AccessDecision decision, Guid groupId) => throw new NotSupportedException();

    public Task<PutGroupOutcome> PutGroup(AccessDecision decision, Actor actor, PutGroup command) => throw new NotSupportedException();

    public Task<DeleteGroupOutcome> DeleteGroup(AccessDecision decision, Actor actor, DeleteGroup command) => throw new NotSupportedException();

    public Task<Page<AuditEvent>?> AuditEvents(AccessDecision decision, PageRequest page) => throw new NotSupportedException();
}
