using System.Collections.Immutable;
using EngageCenter.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace EngageCenter.Access;

/// <summary>The calls by which a full set of known ids cleans itself.</summary>
[GrainInterfaceType("EngageCenter.ICleanedIds"), Alias("EngageCenter.ICleanedIds")]
internal interface ICleanedIds : IGrainWithStringKey
{
    /// <summary>Like <see cref="IKnownIdsGrain.Remove"/> for many ids at once, each with a version at which it means nothing.</summary>
    [Alias("RemoveAll")]
    Task RemoveAll(ImmutableArray<KeyValuePair<Guid, long>> removals);

    /// <summary>Asks every group of the set and removes those that hold no role. If a clean-up is running, waits for that one.</summary>
    /// <returns>How many were removed.</returns>
    [Alias("Clean"), Orleans.Concurrency.AlwaysInterleave]
    Task<int> Clean();
}

/// <summary>
/// One set of known ids, and the owner of its leases. It is changed like a workspace's policy, by the same state machine, so
/// that after crashes and with duplicate activations nobody decides by an older set. It handles one command at a time; lease
/// requests may run in between.
/// </summary>
/// <remarks>
/// A group leaves the set with its last revocation. If that message was lost, or a grant ended halfway, its id stays and counts
/// towards <see cref="KnownIds.MaxGroups"/>. So a full set asks every group and removes those that hold no role.
/// </remarks>
[GrainType("known-ids")]
internal sealed partial class KnownIdsGrain : Grain, IKnownIdsGrain, ICleanedIds, IPolicyRow
{
    private const int TakeOverAttempts = 5;

    /// <summary>How many groups are asked at the same time while the set is cleaned.</summary>
    private const int AskedAtOnce = 100;

    /// <summary>How many ids are removed in one write while the set is cleaned.</summary>
    private const int RemovedAtOnce = 1_000;

    /// <summary>How long a caller is told to wait while a full set is cleaned: 10,000 groups take a few seconds.</summary>
    private static readonly TimeSpan cleaningTime = TimeSpan.FromSeconds(5);

    /// <summary>How long a full set with nothing to remove is not cleaned again.</summary>
    private static readonly TimeSpan cleaningPause = TimeSpan.FromMinutes(5);

    private readonly IPersistentState<StoredIds> storage;
    private readonly IGrainStorage rows;
    private readonly RefusedRows refused;
    private readonly ListEras eras;
    private readonly TimeSpan lease;
    private readonly TimeProvider time;
    private readonly ILogger<KnownIdsGrain> logger;
    private readonly Func<PolicyOwnership<IKnownIdsHolder>> newOwnership;
    private PolicyOwnership<IKnownIdsHolder> ownership;
    private bool isActive;
    private bool isComplete;

    // What storage is known to hold. While a write is running, the state of 'storage' is ahead of it.
    private StoredIds state = new();
    private KnownIds? leased;

    // The last clean-up, and when a clean-up last removed nothing.
    private Task<int> cleaning = Task.FromResult(0);
    private long? foundFull;

    public KnownIdsGrain(
        [PersistentState("known-ids")] IPersistentState<StoredIds> storage,
        IGrainStorage rows,
        RefusedRows refused,
        ListEras eras,
        KnownIdsCache sets,
        IOptions<AccessOptions> options,
        AccessMetrics metrics,
        TimeProvider time,
        ILogger<KnownIdsGrain> logger)
    {
        (this.storage, this.rows, this.refused, this.eras, this.time, this.logger) = (storage, rows, refused, eras, time, logger);
        lease = options.Value.Lease;
        newOwnership = () => new(Key, this, holder => sets.Nearest(holder).Recall(Key), options.Value, metrics, time, logger);
        ownership = newOwnership();
    }

    private string Key => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Refuses an invalid key before anything is stored.
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

            // Another activation took over at the same time, or storage failed: start again from the stored state.
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

        // A version is given out only after it was stored, and this activation owns the set. So the row was replaced by an older one.
        if (knownVersion > state.Version)
        {
            throw refused.Report(GrainContext.GrainId, "known-ids", $"its version went back from {knownVersion}, which a host was told, to {state.Version}");
        }

        var isOfGroups = KnownIds.IsOfGroups(Key);
        var era = isComplete && isOfGroups ? eras.Current() : Guid.Empty;
        if (leased is null || leased.IsComplete != isComplete || leased.Era != era)
        {
            leased = new(state.Version, [.. state.Entries.Keys], isComplete, isOfGroups ? [.. state.Entries.Values] : default, era);
        }

        return new(PolicyAnswerKind.Leased, isComplete && knownVersion == state.Version ? null : leased, lease, era);
    }

    public async Task<bool> Add(Guid id, long version, bool isMore)
    {
        if (state.With(id, version, isMore, KnownIds.MaxIn(Key)) is { } added)
        {
            await Commit(added);
            return true;
        }

        // A clean-up is not awaited: it waits for groups, and one of them may wait for this answer.
        if (KnownIds.IsOfGroups(Key) && (foundFull is not { } since || time.GetElapsedTime(since) >= cleaningPause))
        {
            _ = Clean();
            throw new TryLaterException(cleaningTime);
        }

        return false;
    }

    public Task Remove(Guid id, long version) => Removed(state.Without(id, version));

    public Task RemoveAll(ImmutableArray<KeyValuePair<Guid, long>> removals) => Removed(state.Without(removals));

    public Task<int> Clean() => cleaning.IsCompleted ? cleaning = CleanOnce() : cleaning;

    Task IPolicyRow.Write(Tenure tenure) => Store(state with { Tenure = tenure });

    async Task<long> IPolicyRow.ReadTerm()
    {
        var row = new GrainState<StoredIds>(new());
        await rows.ReadStateAsync("known-ids", GrainContext.GrainId, row);
        return row.State!.Tenure.Term;
    }

    async Task<long> IPolicyRow.Reload()
    {
        await storage.ReadStateAsync();
        (state, leased) = (storage.State, null);
        return state.Tenure.Term;
    }

    // During activation a lost term does not end the activation; OnActivateAsync tries again.
    void IPolicyRow.End()
    {
        if (isActive)
        {
            DeactivateOnIdle();
        }
    }

    // Creates the row if there is none: without a row nobody owns the set, and it could not be leased. Callers ask only for
    // the 256 sets of tenants and for one set of groups of each tenant that an agreement names, so few rows are created.
    private async Task<bool> TakeOver()
    {
        if (storage.RecordExists)
        {
            return await ownership.TakeOver(state.Tenure);
        }

        await ownership.TakeOver(null);
        var (status, _) = await ownership.Change(tenure => Store(state with { Tenure = tenure }));
        return status == ChangeStatus.Changed;
    }

    private async Task Store(StoredIds written)
    {
        storage.State = written;
        await storage.WriteStateAsync();
        (state, leased) = (written, null);
    }

    private Task Removed(StoredIds removed) => ReferenceEquals(removed, state) ? Task.CompletedTask : Commit(removed);

    // Runs while commands do. So it changes nothing itself: it removes ids by a command.
    private async Task<int> CleanOnce()
    {
        var removed = 0;
        try
        {
            foreach (var some in state.Entries.Chunk(RemovedAtOnce))
            {
                List<KeyValuePair<Guid, long>> empty = [];
                foreach (var asked in some.Chunk(AskedAtOnce))
                {
                    var answers = await Task.WhenAll(asked.Select(EmptyAt));
                    empty.AddRange(answers.OfType<KeyValuePair<Guid, long>>());
                }

                if (empty.Count > 0)
                {
                    await GrainFactory.GetGrain<ICleanedIds>(Key).RemoveAll([.. empty]);
                    removed += empty.Count;
                }
            }
        }
        catch (Exception e)
        {
            LogNotCleaned(logger, Key, e);
        }

        foundFull = removed == 0 ? time.GetTimestamp() : null;
        LogCleaned(logger, Key, removed);
        return removed;
    }

    // A group that does not answer counts as one that holds roles.
    private async Task<KeyValuePair<Guid, long>?> EmptyAt(KeyValuePair<Guid, long> entry)
    {
        try
        {
            var group = GrainFactory.GetGrain<IGroupGrain>($"{Key[(Key.IndexOf('/', StringComparison.Ordinal) + 1)..]}/{entry.Key:D}");
            return await group.EmptyAt(entry.Value) is { } version ? new(entry.Key, version) : null;
        }
        catch (Exception e)
        {
            LogNoAnswer(logger, Key, e);
            return null;
        }
    }

    private async Task Commit(StoredIds changed)
    {
        if (ReferenceEquals(changed, state))
        {
            // Another activation may own the set and have removed the id.
            if (!await ownership.Confirm())
            {
                throw new StorageUnavailableException($"The set '{Key}' could not confirm that this activation owns it.");
            }

            return;
        }

        var (status, retryAfter) = await ownership.Change(tenure => Store(changed with { Tenure = tenure }));
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

    [LoggerMessage(LogLevel.Information, "The full set '{Set}' was cleaned: {Removed} groups that hold no role were removed")]
    private static partial void LogCleaned(ILogger logger, string set, int removed);

    [LoggerMessage(LogLevel.Warning, "The clean-up of the full set '{Set}' failed; it is tried again when the set is next found full")]
    private static partial void LogNotCleaned(ILogger logger, string set, Exception exception);

    [LoggerMessage(LogLevel.Debug, "A group in the full set '{Set}' did not answer whether it holds roles, so it stays in the set")]
    private static partial void LogNoAnswer(ILogger logger, string set, Exception exception);
}
