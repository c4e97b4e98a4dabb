using EngageCenter.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace EngageCenter.Access;

/// <summary>
/// One set of known ids, and the owner of its leases: a change of it is made as one of a workspace's policy is, by the same
/// state machine, so that crashes and duplicate activations leave nobody with an older set. One command at a time; leases
/// interleave with it.
/// </summary>
[GrainType("known-ids")]
internal sealed class KnownIdsGrain : Grain, IKnownIdsGrain, IOwnedPolicy
{
    private const int TakeOverAttempts = 5;

    private readonly IPersistentState<StoredIds> storage;
    private readonly IGrainStorage rows;
    private readonly TimeSpan lease;
    private readonly Func<PolicyOwnership<IKnownIdsHolder>> newOwnership;
    private PolicyOwnership<IKnownIdsHolder> ownership;
    private bool isActive;
    private bool isComplete;

    // What storage is known to hold. The state of 'storage' is ahead of it while a write is under way.
    private StoredIds state = new();
    private StoredIds? next;
    private KnownIds? leased;

    public KnownIdsGrain(
        [PersistentState("known-ids")] IPersistentState<StoredIds> storage,
        IGrainStorage rows,
        KnownIdsCache sets,
        IOptions<AccessOptions> options,
        AccessMetrics metrics,
        TimeProvider time,
        ILogger<KnownIdsGrain> logger)
    {
        (this.storage, this.rows) = (storage, rows);
        lease = options.Value.Lease;
        newOwnership = () => new(Key, this, holder => sets.Nearest(holder).Recall(Key), options.Value, metrics, time, logger);
        ownership = newOwnership();
    }

    private string Key => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // A key of neither kind is nobody's, and makes no row.
        _ = KnownIds.MaxIn(Key);
        for (var attempt = 1; ; attempt++)
        {
            state = storage.State;
            if (await TakeOver())
            {
                isActive = true;
                return;
            }

            if (attempt == TakeOverAttempts)
            {
                throw new StorageUnavailableException($"The set '{Key}' could not be taken over: {ownership.Fault?.Message}", ownership.Fault!);
            }

            // Somebody else took over at the same time, or storage failed: start again from what it holds.
            ownership = newOwnership();
            await storage.ReadStateAsync(cancellationToken);
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        isActive ? ownership.Release().WaitAsync(cancellationToken) : Task.CompletedTask;

    public async Task<KnownIdsAnswer> Lease(IKnownIdsHolder holder, long knownVersion)
    {
        isComplete = isComplete || await GrainFactory.GetGrain<IKnownIdsBuild>(IKnownIdsBuild.Key).IsDone();
        if (!await ownership.Lease(holder))
        {
            return new(PolicyAnswerKind.Unconfirmed);
        }

        if (leased is null || leased.IsComplete != isComplete)
        {
            leased = new(state.Version, [.. state.Entries.Keys], isComplete);
        }

        return new(PolicyAnswerKind.Leased, isComplete && knownVersion == state.Version ? null : leased, lease);
    }

    public async Task<bool> Add(Guid id, long version, bool isFirst)
    {
        if (state.With(id, version, isFirst, KnownIds.MaxIn(Key)) is not { } added)
        {
            return false;
        }

        await Commit(added);
        return true;
    }

    public async Task Remove(Guid id, long version)
    {
        var removed = state.Without(id, version);
        if (!ReferenceEquals(removed, state))
        {
            await Commit(removed);
        }
    }

    async Task IOwnedPolicy.Write(Tenure tenure, bool isChange)
    {
        var written = (isChange ? next! : state) with { Tenure = tenure };
        storage.State = written;
        await storage.WriteStateAsync();
        (state, leased) = (written, null);
    }

    async Task<long> IOwnedPolicy.ReadTerm()
    {
        var row = new GrainState<StoredIds>(new());
        await rows.ReadStateAsync("known-ids", GrainContext.GrainId, row);
        return row.State!.Tenure.Term;
    }

    async Task<long> IOwnedPolicy.Reload()
    {
        await storage.ReadStateAsync();
        (state, leased) = (storage.State, null);
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

    // Without a row nobody owns the set, and nothing could be leased. There are 256 sets of tenants, and one of groups for
    // each tenant that an agreement names: nobody asks for another.
    private async Task<bool> TakeOver()
    {
        if (storage.RecordExists)
        {
            return await ownership.TakeOver(state.Tenure);
        }

        await ownership.TakeOver(null);
        next = state;
        var (status, _) = await ownership.Change();
        next = null;
        return status == ChangeStatus.Changed;
    }

    private async Task Commit(StoredIds changed)
    {
        if (ReferenceEquals(changed, state))
        {
            // Another activation may own the set, and have let the id go.
            if (!await ownership.Confirm())
            {
                throw new StorageUnavailableException($"The set '{Key}' could not confirm that this is its owner.");
            }

            return;
        }

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
                throw new StorageUnavailableException($"The change of the set '{Key}' was not confirmed: {ownership.Fault?.Message}", ownership.Fault!);
        }
    }
}
