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
/// A workspace, and the owner of its access policy. Keyed by the workspace's id. It handles one command at a time. Queries
/// and lease requests may run while a command waits; they see the state that was stored last.
/// </summary>
/// <remarks>
/// <see cref="PolicyOwnership{THolder}"/> decides when this activation may grant leases, answer and store; the rules are in
/// docs/understand/coherence.md. <see cref="Workspace"/> decides what a command changes.
/// </remarks>
[GrainType("workspace")]
internal sealed partial class WorkspaceGrain : Grain, IWorkspaceGrain, IPolicyOwner, IContractedWorkspace, INamedGroups, IPolicyRow
{
    private const int TakeOverAttempts = 5;

    /// <summary>How many group grains are called at the same time by <see cref="AddKnownGroups"/>.</summary>
    private const int GroupsAtOnce = 32;

    private readonly IPersistentState<Workspace> storage;
    // Reads the row without changing what 'storage' has.
    private readonly IGrainStorage rows;
    private readonly AuditRows audit;
    private readonly RefusedRows refused;
    private readonly DecisionProofs proofs;
    private readonly TimeProvider time;
    private readonly TimeSpan leaseDuration;
    private readonly ILogger<WorkspaceGrain> logger;
    private readonly Func<PolicyOwnership<IPolicyHolder>> newOwnership;
    private PolicyOwnership<IPolicyHolder> ownership;
    private bool isActive;

    // The state that the row is known to have. While a write is under way, or if one has failed, 'storage' has a newer one.
    private Workspace state = new();

    // What silos get with a lease. Made when first needed; each new state needs a new one.
    private LeasedPolicy? policy;
    private Task fetchingContractTerms = Task.CompletedTask;

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
        leaseDuration = options.Value.Lease;

        // A holder is a silo. The cache of this silo is called directly, without a message.
        newOwnership = () => new(Id, this, holder => policies.Nearest(holder).Recall(Id), options.Value, metrics, time, logger);
        ownership = newOwnership();
    }

    private string Id => this.GetPrimaryKeyString();

    private DateTimeOffset Now => time.GetUtcNow();

    // Decisions are proven by the key of the leased policy. Each state gets a new key, so a proof by an earlier key is not valid.
    private LeasedPolicy Policy => policy ??= state.Policy(Id) with { Key = DecisionKey.New() };

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            state = storage.State;
            // Without a contract there is no row to take over; the first change writes it.
            if (await ownership.TakeOver(state.Contract is null ? null : state.Tenure))
            {
                isActive = true;
                return;
            }

            if (attempt == TakeOverAttempts)
            {
                throw new StorageUnavailableException($"The workspace could not be taken over: {ownership.Fault?.Message}", ownership.Fault!);
            }

            // Another activation took over at the same time, or storage failed. Try again with what the row has now.
            ownership = newOwnership();
            await storage.ReadStateAsync(cancellationToken);
        }
    }

    // Releases the policy, so that the next owner does not have to wait for leases. Without a contract there is no row.
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        state.Contract is null ? Task.CompletedTask : ownership.Release().WaitAsync(cancellationToken);

    public async Task<WorkspaceHeader> Provision(Actor actor, WorkspaceContract contract)
    {
        if (state.Contract is null && contract.WorkspaceWasStored)
        {
            throw await RowIsLost(contract.AgreementId);
        }

        await Commit(state.Provision(actor, contract, Now));
        return state.Header(Id);
    }

    // Adds the groups of this workspace to the known groups of the tenant. Called once after an upgrade from a release that
    // did not have sets of known groups.
    public async Task AddKnownGroups()
    {
        foreach (var some in state.Groups.Chunk(GroupsAtOnce))
        {
            var outcomes = await Task.WhenAll(some.Select(group => GroupGrain(group.GroupId).AddWorkspace(Id, state.Epoch)));
            if (outcomes.Where(outcome => outcome != GroupAddition.Added).ToList() is [var refusal, ..])
            {
                throw new StorageUnavailableException($"A group of workspace {Id} cannot be added to the known groups of its tenant: {refusal}.");
            }
        }
    }

    // Returns the epoch if the group has no roles here, otherwise null. The group then removes this workspace from its list, unless
    // a grant with a later epoch has added it. An outdated activation answers with an older epoch, and then the group keeps what a later grant added.
    public Task<long?> EpochIfGroupHasNoRoles(Guid groupId) => Task.FromResult<long?>(state.Group(groupId) is null ? state.Epoch : null);

    public Task<WorkspaceHeader?> Header(Actor caller)
    {
        caller.RequireApplication(AppRoles.Agreements, AppRoles.SupportCases, AppRoles.CustomerActivity, AppRoles.Assessments, AppRoles.Learning);
        if (state.Contract is not null)
        {
            return Task.FromResult<WorkspaceHeader?>(state.Header(Id));
        }

        // The id may be invented, so the activation ends after this call.
        DeactivateOnIdle();
        return Task.FromResult<WorkspaceHeader?>(null);
    }

    public async Task<LeaseAnswer> Lease(IPolicyHolder holder)
    {
        if (state.Contract is null)
        {
            DeactivateOnIdle();

            // Another activation may have set the workspace up meanwhile.
            return new(await HasRow() ? PolicyAnswerKind.Unconfirmed : PolicyAnswerKind.NoWorkspace);
        }

        if (state.Contract.Terms is null && fetchingContractTerms.IsCompleted)
        {
            fetchingContractTerms = FetchContractTerms(state.Contract.AgreementId);
        }

        return await ownership.Lease(holder) ? new(PolicyAnswerKind.Leased, Policy, leaseDuration) : new(PolicyAnswerKind.Unconfirmed);
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
            // The group's list gets the workspace before the policy names the group, so the list never lacks a workspace.
            switch (await GroupGrain(command.GroupId).AddWorkspace(Id, granted.Epoch))
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

            // The group's list is told only after the commit, because until then the policy names the group. Not awaited, because no
            // right depends on the list.
            _ = LeaveListOf(command.GroupId, revoked.Epoch);
        }

        return new(status);
    }

    public Task NameGroup(Guid groupId, string displayName) => Commit(state.NameGroup(groupId, displayName));

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

    // Called by the ownership to take over and to release.
    Task IPolicyRow.Write(Tenure tenure) => Store(state with { Tenure = tenure });

    async Task<long> IPolicyRow.ReadTerm()
    {
        var row = new GrainState<Workspace>(new());
        await rows.ReadStateAsync("workspace", GrainContext.GrainId, row);
        return row.State!.Tenure.Term;
    }

    async Task<long> IPolicyRow.Reload()
    {
        await storage.ReadStateAsync();
        if (storage.State.Epoch < state.Epoch)
        {
            // The row was replaced by an older one, for example from a backup.
            throw refused.Report(GrainContext.GrainId, "workspace", $"its epoch went back from {state.Epoch} to {storage.State.Epoch}");
        }

        (state, policy) = (storage.State, null);
        return state.Tenure.Term;
    }

    // Ends the activation when its tenure is lost. While OnActivateAsync runs, it ends nothing: that method tries again.
    void IPolicyRow.End()
    {
        if (isActive)
        {
            DeactivateOnIdle();
        }
    }

    /// <summary>
    /// Whether to act on a decision: it has this policy's epoch, and a proof that holds. Otherwise the caller has to get a new
    /// decision.
    /// </summary>
    /// <exception cref="UnauthorizedAccessException">The decision is about another workspace or lacks the permission; the caller should not have passed it on.</exception>
    /// <exception cref="StorageUnavailableException">This activation may no longer own the policy.</exception>
    private async ValueTask<bool> Accepts(AccessDecision decision, Permissions required)
    {
        if (decision.WorkspaceId != Id || !decision.Allows(required))
        {
            throw new UnauthorizedAccessException($"The decision does not allow {required} in this workspace.");
        }

        if (state.Contract is null || decision.Epoch != state.Epoch || !await proofs.IsValid(decision, Policy.Key))
        {
            return false;
        }

        if (!await ownership.Confirm())
        {
            // To decide again would not help: another activation owns the policy, or storage does not answer.
            throw new StorageUnavailableException("The workspace could not confirm that it owns its policy.");
        }

        // The policy may have changed during the confirmation.
        return decision.Epoch == state.Epoch;
    }

    // The agreement knows that this workspace was set up, but there is no row. To set it up again would lose its grants and its
    // audit trail.
    private async Task<StorageUnavailableException> RowIsLost(string agreementId)
    {
        DeactivateOnIdle();
        return await HasRow()
            ? new StorageUnavailableException("Another activation has set the workspace up.")
            : refused.Report(GrainContext.GrainId, "workspace", $"it is gone, and agreement {agreementId} names it");
    }

    // Without a row the term is 0. The first tenure has term 1.
    private async Task<bool> HasRow() => await ((IPolicyRow)this).ReadTerm() > 0;

    private async Task Store(Workspace written)
    {
        storage.State = written;
        await storage.WriteStateAsync();
        (state, policy) = (written, null);
    }

    // The order is: every silo stops deciding by the old state, then the new state is stored, then the caller is answered. So a
    // revoked right has stopped everywhere before its revocation is acknowledged.
    private async Task Commit(Workspace changed)
    {
        // A command that changes nothing returns the same state.
        if (ReferenceEquals(changed, state))
        {
            return;
        }

        // A state has only the newest audit events. Those that the changed state no longer has are written to a row of their own
        // before it is stored, while the leases are recalled.
        var storingOlderEvents = audit.Store(state.Audit);
        var (status, retryAfter) = await ownership.Change(async tenure =>
        {
            await storingOlderEvents;
            await Store(changed with { Tenure = tenure });
        });

        // If the change was refused, its function did not run, and nobody has awaited this yet.
        await storingOlderEvents;
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

    // A row of an earlier release lacks the terms of its contract; the agreement adds them when it is called. Decisions do not
    // wait for that: only what needs the terms is unavailable until then.
    private async Task FetchContractTerms(string agreementId)
    {
        try
        {
            await GrainFactory.GetGrain<IContractingAgreement>(agreementId).UpdateWorkspaces();
        }
        catch (Exception e)
        {
            LogNoContractTerms(logger, Id, e);
        }
    }

    // If it fails, the group's list has one workspace too many. That gives no right, because only the policy of this workspace decides.
    private async Task LeaveListOf(Guid groupId, long epoch)
    {
        try
        {
            await GroupGrain(groupId).Remove(Id, epoch);
        }
        catch (Exception e)
        {
            LogStillListed(logger, Id, groupId, e);
        }
    }

    private IGroupGrain GroupGrain(Guid groupId) =>
        GrainFactory.GetGrain<IGroupGrain>($"{state.Contract!.TenantId:D}/{groupId:D}");

    [LoggerMessage(LogLevel.Warning, "Group {GroupId} no longer holds a role in workspace {WorkspaceId}, but its list of workspaces still names it. This gives nobody a right; it only takes longer to list the workspaces of the group's members")]
    private static partial void LogStillListed(ILogger logger, string workspaceId, Guid groupId, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The terms of the contract of workspace {WorkspaceId} are not available. The next lease request asks for them again. Until then only what needs the terms, such as packages and the account team, is unavailable")]
    private static partial void LogNoContractTerms(ILogger logger, string workspaceId, Exception exception);
}
