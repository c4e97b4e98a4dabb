using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Directories;
using EngageCenter.Paging;
using EngageCenter.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace EngageCenter.Workspaces;

/// <summary>
/// A workspace, and the owner of its access policy. Keyed by the workspace's id. One command at a time; queries and
/// leases interleave with it, and see what was stored last.
/// </summary>
[GrainType("workspace")]
internal sealed partial class WorkspaceGrain : Grain, IWorkspaceGrain, IPolicyOwner, IContractedWorkspace, INamedGroups, IOwnedPolicy
{
    private const int TakeOverAttempts = 5;

    /// <summary>Groups that are told at once where all of them are.</summary>
    private const int GroupsAtOnce = 32;

    private readonly IPersistentState<Workspace> storage;
    private readonly IGrainStorage rows;
    private readonly AuditRows audit;
    private readonly RefusedRows refused;
    private readonly DecisionProofs proofs;
    private readonly TimeProvider time;
    private readonly TimeSpan lease;
    private readonly ILogger<WorkspaceGrain> logger;
    private readonly Func<PolicyOwnership<IPolicyHolder>> newOwnership;
    private PolicyOwnership<IPolicyHolder> ownership;
    private bool isActive;

    // What storage is known to hold. The state of 'storage' is ahead of it while a write is under way.
    private Workspace state = new();
    private Workspace? next;
    private LeasedPolicy? policy;
    private Task fetchingTerms = Task.CompletedTask;

    public WorkspaceGrain(
        [PersistentState("workspace")] IPersistentState<Workspace> storage,
        IGrainStorage rows,
        RefusedRows refused,
        PolicyCache policies,
        DecisionProofs proofs,
        IOptions<AccessOptions> options,
        AccessMetrics metrics,
        TimeProvider time,
        ILogger<WorkspaceGrain> logger)
    {
        (this.storage, this.rows, this.refused, this.proofs, this.time, this.logger) = (storage, rows, refused, proofs, time, logger);
        audit = new(this, rows, refused);
        lease = options.Value.Lease;
        newOwnership = () => new(Id, this, holder => policies.Nearest(holder).Recall(Id), options.Value, metrics, time, logger);
        ownership = newOwnership();
    }

    private string Id => this.GetPrimaryKeyString();

    private DateTimeOffset Now => time.GetUtcNow();

    // With every state that is stored comes another key.
    private LeasedPolicy Policy => policy ??= state.Policy(Id) with { Key = DecisionKey.New() };

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            state = storage.State;
            if (await ownership.TakeOver(state.Contract is null ? null : state.Tenure))
            {
                isActive = true;
                return;
            }

            if (attempt == TakeOverAttempts)
            {
                throw new StorageUnavailableException($"The workspace could not be taken over: {ownership.Fault?.Message}", ownership.Fault!);
            }

            // Somebody else took over at the same time, or storage failed: start again from what it holds.
            ownership = newOwnership();
            await storage.ReadStateAsync(cancellationToken);
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        state.Contract is null ? Task.CompletedTask : ownership.Release().WaitAsync(cancellationToken);

    public async Task<WorkspaceHeader> Provision(Actor actor, WorkspaceContract contract)
    {
        if (state.Contract is null && contract.WasStored)
        {
            await RefuseLost(contract.AgreementId);
        }

        await Commit(state.Provision(actor, contract, Now));
        return state.Header(Id);
    }

    public async Task SayGroups()
    {
        foreach (var some in state.Groups.Chunk(GroupsAtOnce))
        {
            var said = await Task.WhenAll(some.Select(group => GroupGrain(group.GroupId).Grant(Id, state.Epoch)));
            if (said.FirstOrDefault(outcome => outcome != GroupAddition.Added) is not GroupAddition.Added and var refused)
            {
                throw new StorageUnavailableException($"A group of workspace {Id} cannot be known in its tenant: {refused}.");
            }
        }
    }

    // An older activation answers with an older epoch, and then a later grant stays in the group's list.
    public Task<long?> LacksGroup(Guid groupId) => Task.FromResult<long?>(state.Group(groupId) is null ? state.Epoch : null);

    public Task<WorkspaceHeader?> Header(Actor caller)
    {
        caller.RequireApplication(AppRoles.Agreements, AppRoles.SupportCases, AppRoles.CustomerActivity, AppRoles.Assessments, AppRoles.Learning);
        if (state.Contract is not null)
        {
            return Task.FromResult<WorkspaceHeader?>(state.Header(Id));
        }

        // An id that somebody made up: nothing of it stays in memory.
        DeactivateOnIdle();
        return Task.FromResult<WorkspaceHeader?>(null);
    }

    public async Task<LeaseAnswer> Lease(IPolicyHolder holder)
    {
        if (state.Contract is null)
        {
            // That there is no workspace is an answer as well, and another activation may have made one since.
            DeactivateOnIdle();
            return new(await ((IOwnedPolicy)this).ReadTerm() == 0 ? PolicyAnswerKind.NoWorkspace : PolicyAnswerKind.Unconfirmed);
        }

        if (state.Contract.Terms is null && fetchingTerms.IsCompleted)
        {
            fetchingTerms = FetchTerms(state.Contract.AgreementId);
        }

        return await ownership.Lease(holder) ? new(PolicyAnswerKind.Leased, Policy, lease) : new(PolicyAnswerKind.Unconfirmed);
    }

    public async Task<WorkspaceView?> Get(AccessDecision decision) =>
        await Accepts(decision, Permissions.None) ? state.View(Id, Now) : null;

    public async Task<RenameOutcome> Rename(AccessDecision decision, Actor actor, RenameWorkspace command)
    {
        actor.RequireSelf(decision);
        if (!await Accepts(decision, Permissions.RenameSpace))
        {
            return new(RenameStatus.DecideAgain);
        }

        var (status, renamed) = state.Rename(actor, command, Id, Now);
        await Commit(renamed);
        return new(status, state.View(Id, Now));
    }

    public async Task<Page<GroupGrant>?> Groups(AccessDecision decision, GroupQuery query) =>
        await Accepts(decision, Permissions.ViewEntraGroups) ? state.List(query) : null;

    public async Task<Page<GroupGrant>?> Group(AccessDecision decision, Guid groupId)
    {
        if (!await Accepts(decision, Permissions.ViewEntraGroups))
        {
            return null;
        }

        ImmutableArray<GroupGrant> found = state.Group(groupId) is { } grant ? [grant] : [];
        return new(found, null, found.Length);
    }

    public async Task<PutGroupOutcome> PutGroup(AccessDecision decision, Actor actor, PutGroup command)
    {
        actor.RequireSelf(decision);
        if (!await Accepts(decision, Permissions.ManageEntraGroups))
        {
            return new(PutGroupStatus.DecideAgain);
        }

        var (outcome, granted) = state.PutGroup(actor, command, Now);
        if (outcome.Status == PutGroupStatus.Created)
        {
            switch (await GroupGrain(command.GroupId).Grant(Id, granted.Epoch))
            {
                case GroupAddition.TooManyWorkspaces:
                    return new(PutGroupStatus.TooManyWorkspaces);
                case GroupAddition.TooManyGroups:
                    return new(PutGroupStatus.TooManyGroupsInTenant);
                default:
                    break;
            }
        }

        await Commit(granted);
        return outcome;
    }

    public async Task<DeleteGroupOutcome> DeleteGroup(AccessDecision decision, Actor actor, DeleteGroup command)
    {
        actor.RequireSelf(decision);
        if (!await Accepts(decision, Permissions.ManageEntraGroups))
        {
            return new(DeleteGroupStatus.DecideAgain);
        }

        var (status, revoked) = state.DeleteGroup(actor, command, Now);
        if (!ReferenceEquals(revoked, state))
        {
            await Commit(revoked);
            await GroupGrain(command.GroupId).Remove(Id, revoked.Epoch);
        }

        return new(status);
    }

    public Task Name(Guid groupId, string displayName) => Commit(state.NameGroup(groupId, displayName));

    public async Task<Page<AuditEvent>?> AuditEvents(AccessDecision decision, PageRequest page)
    {
        if (!await Accepts(decision, Permissions.ManageEntraGroups))
        {
            return null;
        }

        return await audit.Page(state.Audit, page);
    }

    public async Task<Page<AuditEvent>?> AuditEventsAfter(AccessDecision decision, long after, int count)
    {
        if (!await Accepts(decision, Permissions.ManageEntraGroups))
        {
            return null;
        }

        return await audit.After(state.Audit, after, count);
    }

    async Task IOwnedPolicy.Write(Tenure tenure, bool isChange)
    {
        var written = (isChange ? next! : state) with { Tenure = tenure };
        storage.State = written;
        await storage.WriteStateAsync();
        (state, policy) = (written, null);
    }

    async Task<long> IOwnedPolicy.ReadTerm()
    {
        var row = new GrainState<Workspace>(new());
        await rows.ReadStateAsync("workspace", GrainContext.GrainId, row);
        return row.State!.Tenure.Term;
    }

    async Task<long> IOwnedPolicy.Reload()
    {
        await storage.ReadStateAsync();
        if (storage.State.Epoch < state.Epoch)
        {
            throw refused.Refuse(GrainContext.GrainId, "workspace", $"its epoch went back from {state.Epoch} to {storage.State.Epoch}");
        }

        (state, policy) = (storage.State, null);
        return state.Tenure.Term;
    }

    // While it activates, a lost term is tried for again.
    void IOwnedPolicy.End()
    {
        if (isActive)
        {
            DeactivateOnIdle();
        }
    }

    /// <summary>
    /// Whether to act on a decision: it has to be of this policy and proven, or the caller decides again. One that lacks the
    /// permission should not have been handed on.
    /// </summary>
    /// <exception cref="StorageUnavailableException">This may no longer be the owner of the policy.</exception>
    private async ValueTask<bool> Accepts(AccessDecision decision, Permissions required)
    {
        if (decision.WorkspaceId != Id || !decision.Allows(required))
        {
            throw new UnauthorizedAccessException($"The decision does not allow {required} in this workspace.");
        }

        if (state.Contract is null || decision.Epoch != state.Epoch || !await proofs.Hold(decision, Policy.Key))
        {
            return false;
        }

        if (!await ownership.Confirm())
        {
            // To decide again would not help: another activation owns the policy, or storage does not say.
            throw new StorageUnavailableException("The workspace could not confirm that it owns its policy.");
        }

        // A change may have come in between.
        return decision.Epoch == state.Epoch;
    }

    // To set it up anew would be a workspace without its grants and its audit trail.
    private async Task RefuseLost(string agreementId)
    {
        DeactivateOnIdle();
        throw await ((IOwnedPolicy)this).ReadTerm() == 0
            ? refused.Refuse(GrainContext.GrainId, "workspace", $"it is gone, and agreement {agreementId} names it")
            : new StorageUnavailableException("Another activation has set the workspace up.");
    }

    // The order is the promise: no silo decides by the old state any more, then the new one is stored, then it is
    // acknowledged.
    private async Task Commit(Workspace changed)
    {
        if (ReferenceEquals(changed, state))
        {
            return;
        }

        // Before the state that no longer holds these events.
        await audit.Store(state.Audit);

        next = changed;
        var (status, retryAfter) = await ownership.Change();
        next = null;
        switch (status)
        {
            case ChangeStatus.Changed:
                return;
            case ChangeStatus.Refused:
                throw new TryLaterException(retryAfter);
            default:
                throw new StorageUnavailableException(
                    $"The change of the workspace was not confirmed: {ownership.Fault?.Message}", ownership.Fault!);
        }
    }

    // A row of an earlier release lacks the terms of its contract, and the agreement brings it in line when it is asked
    // anything. Rights do not wait for that: what needs the terms is unavailable until then.
    private async Task FetchTerms(string agreementId)
    {
        try
        {
            await GrainFactory.GetGrain<IContractor>(agreementId).BringInLine();
        }
        catch (Exception e)
        {
            LogNoTerms(logger, Id, e);
        }
    }

    private IGroupGrain GroupGrain(Guid groupId) =>
        GrainFactory.GetGrain<IGroupGrain>($"{state.Contract!.TenantId:D}/{groupId:D}");

    [LoggerMessage(LogLevel.Warning, "The contract's terms of workspace {WorkspaceId} could not be had; they are asked for with the next lease")]
    private static partial void LogNoTerms(ILogger logger, string workspaceId, Exception exception);
}
