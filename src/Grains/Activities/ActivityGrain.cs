using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace EngageCenter.Activities;

/// <summary>
/// The customer activity of a workspace, keyed by its id. Activities are never removed. Reentrant, so that activities that are
/// put during a write share the next write. Commands are decided by what was accepted; queries are answered from what is stored.
/// </summary>
/// <remarks>All activities are in memory while the grain is active, see <see cref="StoredActivity"/>.</remarks>
[GrainType("activity"), Reentrant]
internal sealed class ActivityGrain(
    IGrainStorage rows, PolicyCache policies, Scans scans, TimeProvider time, RefusedRows refused, ILogger<ActivityGrain> logger) : Grain, IActivityGrain
{
    /// <summary>The most activities of one write. With the tail, and with activities that cleaning moves, a row has 0.2 MB, at most 8.</summary>
    private const int MaxBatch = 256;

    /// <summary>The most activities that wait for their write; more are refused.</summary>
    private const int MaxWaiting = 10_000;

    private readonly CustomerActivities activities = new();
    private BatchedLog<StoredActivity> batches = null!;

    private string Id => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        SegmentedLog<StoredActivity> log = new(rows, GrainContext.GrainId, "activities", DeactivateOnIdle, refused, logger);
        batches = new(log, MaxBatch, MaxWaiting, activities.Apply, DeactivateOnIdle);
        await log.Load(activities.Share);

        // In order of their ids, so that each is appended to the end of the sorted list.
        activities.Apply(log.Entries.OrderBy(e => e.ActivityId, StringComparer.Ordinal));
    }

    public async Task<PutActivityOutcome> Put(PutActivity command, Actor caller)
    {
        caller.RequireApplication(AppRoles.CustomerActivity);
        ArgumentNullException.ThrowIfNull(command.Activity, nameof(command));
        if (await policies.Current(Id) is not { } policy)
        {
            return new(PutActivityStatus.WorkspaceNotFound);
        }

        var decision = activities.Decide(
            command, batches.Accepted(command.Activity.ActivityId), TermsOf(policy).Packages, policy.Epoch, batches.Pending);
        if (decision.Entry is { } entry)
        {
            await batches.Store(entry);
        }

        return decision.Outcome;
    }

    public Task<long?> Version(string activityId, Actor caller)
    {
        caller.RequireApplication(AppRoles.CustomerActivity);
        return Task.FromResult(activities.Find(activityId)?.Version);
    }

    public async Task<Page<ActivityView>?> Activity(AccessDecision decision, string activityId) =>
        await Accept(decision) is null ? null
        : activities.Find(activityId) is { } found ? new([found.ToView()], null, 1)
        : new([], null, 0);

    public async Task<Page<CustomerActivity>?> Activities(AccessDecision decision, ActivityQuery query, CancellationToken cancellation) =>
        await Accept(decision) is null ? null
        : CustomerActivities.IsOpen(query) ? activities.Page(query)
        : await scans.Run(() => activities.Scan(query, cancellation), cancellation) is var found && await Accept(decision) is null ? null
        : found;

    public async Task<ProofOfExecution?> ProofOfExecution(AccessDecision decision) =>
        await Accept(decision) is { } policy
            ? activities.Proof(policy.Workspace.AgreementId, TermsOf(policy).Packages, time.GetUtcNow())
            : null;

    private ValueTask<LeasedPolicy?> Accept(AccessDecision decision) =>
        policies.Accept(decision, Id, Permissions.ViewCustomerActivity);

    private static ContractTerms TermsOf(LeasedPolicy policy) => policy.Terms
        ?? throw new StorageUnavailableException("The workspace's packages are unknown until its agreement has updated it.");
}
