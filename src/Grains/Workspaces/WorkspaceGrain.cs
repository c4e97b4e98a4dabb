using System.Collections.Immutable;
using System.Globalization;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Storage;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace EngageCenter.Workspaces;

/// <summary>
/// A workspace, and the owner of its access policy. Keyed by the workspace's id. Not reentrant: what is asked during
/// a change waits for it, and then sees it.
/// </summary>
[GrainType("workspace")]
internal sealed class WorkspaceGrain(
    [PersistentState("workspace")] IPersistentState<Workspace> storage,
    IGrainStorage rows,
    IOptions<AccessOptions> options,
    TimeProvider time) : Grain, IWorkspaceGrain, IPolicyOwner, IContractedWorkspace
{
    private readonly PolicyLeases leases = new(options.Value.Lease, time);
    private LeasedPolicy? policy;

    private Workspace State => storage.State;

    private string Id => this.GetPrimaryKeyString();

    private DateTimeOffset Now => time.GetUtcNow();

    private LeasedPolicy Policy => policy ??= State.Policy(Id);

    public async Task<WorkspaceHeader> Provision(Actor actor, WorkspaceContract contract)
    {
        await Commit(State.Provision(actor, contract, Now));
        return State.Header(Id);
    }

    public Task<WorkspaceHeader?> Header()
    {
        if (State.Contract is not null)
        {
            return Task.FromResult<WorkspaceHeader?>(State.Header(Id));
        }

        // An id that somebody made up: nothing of it stays in memory.
        DeactivateOnIdle();
        return Task.FromResult<WorkspaceHeader?>(null);
    }

    public Task<LeasedPolicy?> Lease(IPolicyHolder holder)
    {
        if (State.Contract is null)
        {
            DeactivateOnIdle();
            return Task.FromResult<LeasedPolicy?>(null);
        }

        leases.Grant(holder);
        return Task.FromResult<LeasedPolicy?>(Policy);
    }

    public Task<WorkspaceView?> Get(AccessDecision decision) =>
        Task.FromResult(Accepts(decision, Permissions.None) ? State.View(Id, Now) : null);

    public async Task<RenameOutcome> Rename(AccessDecision decision, Actor actor, RenameWorkspace command)
    {
        if (!Accepts(decision, Permissions.RenameSpace))
        {
            return new(RenameStatus.DecideAgain);
        }

        var (status, next) = State.Rename(actor, command, Id, Now);
        await Commit(next);
        return new(status, State.View(Id, Now));
    }

    public Task<Page<GroupGrant>?> Groups(AccessDecision decision, GroupQuery query) =>
        Task.FromResult(Accepts(decision, Permissions.ViewEntraGroups) ? State.List(query) : null);

    public Task<Page<GroupGrant>?> Group(AccessDecision decision, Guid groupId)
    {
        if (!Accepts(decision, Permissions.ViewEntraGroups))
        {
            return Task.FromResult<Page<GroupGrant>?>(null);
        }

        ImmutableArray<GroupGrant> found = State.Group(groupId) is { } grant ? [grant] : [];
        return Task.FromResult<Page<GroupGrant>?>(new(found, null, found.Length));
    }

    public async Task<PutGroupOutcome> PutGroup(AccessDecision decision, Actor actor, PutGroup command)
    {
        if (!Accepts(decision, Permissions.ManageEntraGroups))
        {
            return new(PutGroupStatus.DecideAgain);
        }

        var (outcome, next) = State.PutGroup(actor, command, Now);
        if (outcome.Status == PutGroupStatus.Created && !await GroupGrain(command.GroupId).Add(Id, next.Epoch))
        {
            return new(PutGroupStatus.TooManyWorkspaces);
        }

        await Commit(next);
        return outcome;
    }

    public async Task<DeleteGroupOutcome> DeleteGroup(AccessDecision decision, Actor actor, DeleteGroup command)
    {
        if (!Accepts(decision, Permissions.ManageEntraGroups))
        {
            return new(DeleteGroupStatus.DecideAgain);
        }

        var (status, next) = State.DeleteGroup(actor, command, Now);
        var changes = !ReferenceEquals(next, State);
        await Commit(next);
        if (changes)
        {
            await GroupGrain(command.GroupId).Remove(Id, next.Epoch);
        }

        return new(status);
    }

    public async Task<Page<AuditEvent>?> AuditEvents(AccessDecision decision, PageRequest page)
    {
        if (!Accepts(decision, Permissions.ManageEntraGroups))
        {
            return null;
        }

        var newest = State.Audit.Last;
        if (page.After is { } after)
        {
            if (!long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var shown) || shown <= 1 || shown > newest)
            {
                throw new InvalidCursorException();
            }

            newest = shown - 1;
        }

        var oldest = Math.Max(1, newest - page.Size + 1);
        var events = await Read(oldest, newest);
        return new(events, oldest > 1 ? oldest.ToString(CultureInfo.InvariantCulture) : null, checked((int)State.Audit.Last));
    }

    /// <summary>
    /// Whether to act on a decision: it must be of this policy, or the caller decides again. One that lacks the
    /// permission should not have been handed on.
    /// </summary>
    private bool Accepts(AccessDecision decision, Permissions required)
    {
        if (decision.WorkspaceId != Id || !decision.Allows(required))
        {
            throw new UnauthorizedAccessException($"The decision does not allow {required} in this workspace.");
        }

        return State.Contract is not null && decision.Epoch == State.Epoch;
    }

    // The order is the promise: no silo decides by the old state any more, then the new one is stored, then it is
    // acknowledged. A decision made in between waits for us.
    private async Task Commit(Workspace next)
    {
        if (ReferenceEquals(next, State))
        {
            return;
        }

        if (State.Audit.Full is { } full)
        {
            await Store(full.Number, full.Events);
        }

        await leases.Recall(Id);
        policy = null;
        await storage.Commit(this, next);
    }

    private IGroupGrain GroupGrain(Guid groupId) =>
        GrainFactory.GetGrain<IGroupGrain>($"{State.Contract!.TenantId:D}/{groupId:D}");

    // A segment is written before the state that no longer holds its events; where that state was then not stored,
    // the same segment is written again.
    private async Task Store(long segment, ImmutableArray<AuditEvent> events)
    {
        try
        {
            var row = new GrainState<AuditSegment>(new());
            await rows.ReadStateAsync(RowOf(segment), GrainContext.GrainId, row);
            if (row.RecordExists)
            {
                return;
            }

            row.State = new() { Events = events };
            await rows.WriteStateAsync(RowOf(segment), GrainContext.GrainId, row);
        }
        catch (Exception e)
        {
            DeactivateOnIdle();
            throw new StorageUnavailableException($"A segment of the audit trail was not stored: {e.Message}", e);
        }
    }

    /// <summary>The events from the newest to the oldest sequence, both included.</summary>
    private async Task<ImmutableArray<AuditEvent>> Read(long oldest, long newest)
    {
        var recent = State.Audit.Recent;
        var firstRecent = recent.IsEmpty ? 1 : recent[0].Sequence;
        var segments = new List<Task<AuditSegment>>();
        for (var segment = (oldest - 1) / AuditTrail.SegmentSize; segment * AuditTrail.SegmentSize < Math.Min(newest, firstRecent - 1); segment++)
        {
            segments.Add(Load(segment));
        }

        var older = await Task.WhenAll(segments);
        return [.. older.SelectMany(s => s.Events).Concat(recent)
            .Where(e => e.Sequence >= oldest && e.Sequence <= newest)
            .OrderByDescending(e => e.Sequence)];
    }

    private async Task<AuditSegment> Load(long segment)
    {
        try
        {
            var row = new GrainState<AuditSegment>(new());
            await rows.ReadStateAsync(RowOf(segment), GrainContext.GrainId, row);
            return row.State!;
        }
        catch (Exception e)
        {
            throw new StorageUnavailableException($"A segment of the audit trail could not be read: {e.Message}", e);
        }
    }

    private static string RowOf(long segment) => $"audit-{segment.ToString(CultureInfo.InvariantCulture)}";
}
