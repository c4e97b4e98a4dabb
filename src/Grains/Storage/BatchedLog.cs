using System.Collections.Immutable;

namespace EngageCenter.Storage;

/// <summary>
/// A <see cref="SegmentedLog{TEntry}"/> for a reentrant grain. Entries that come during a write share the next write, so that
/// many callers cost few writes. Each caller is answered by the write with its entry.
/// </summary>
/// <param name="maxBatch">The most entries in one write; fewer if <see cref="SegmentedLog{TEntry}.MaxBatchBytes"/> requires it.</param>
/// <param name="maxWaiting">The most entries that wait for their write; more are refused.</param>
/// <param name="onStored">Called with stored entries before their callers are answered.</param>
/// <param name="deactivate">Ends the activation. Called if what is stored and what is in memory may differ.</param>
internal sealed class BatchedLog<TEntry>(
    SegmentedLog<TEntry> log, int maxBatch, int maxWaiting, Action<IReadOnlyList<TEntry>> onStored, Action deactivate)
    where TEntry : class, ILogEntry<TEntry>
{
    private readonly Dictionary<string, (TEntry Entry, TaskCompletionSource Stored)> waiting = new(StringComparer.Ordinal);

    // The keys of waiting entries in the order in which they came. The order of a dictionary would not do: it gives the place of
    // a removed entry to the next one, so that entries that come while storage is slow would overtake waiting ones.
    private readonly Queue<string> turns = [];
    private Dictionary<string, TEntry> underway = [];
    private int pending;
    private bool writing;
    private bool failed;

    /// <summary>
    /// Returns the newest accepted entry of the key, or null. It may not be stored yet. A decision that is based on it must be
    /// stored after it and must not be shown before.
    /// </summary>
    public TEntry? Accepted(string key) =>
        waiting.TryGetValue(key, out var next) ? next.Entry
        : underway.TryGetValue(key, out var entry) ? entry
        : log.Find(key);

    /// <summary>The number of new keys that are accepted and were not yet passed to <c>onStored</c>.</summary>
    public int Pending => pending;

    /// <summary>
    /// Stores the entry, unless there is a later one with its key. Completes when the entry or the later one is stored, even if the
    /// later one was accepted before this call.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The write was not confirmed, or too many entries wait.</exception>
    public Task Store(TEntry entry)
    {
        var accepted = Accepted(entry.Key);
        var newest = accepted is null || entry.Supersedes(accepted) ? entry : accepted;
        if (waiting.TryGetValue(entry.Key, out var other))
        {
            waiting[entry.Key] = (newest, other.Stored);
            return other.Stored.Task;
        }

        // If the later entry is being written, that write may still fail. Then this entry waits its turn and fails with it.
        if (newest == accepted && !underway.ContainsKey(entry.Key))
        {
            return Task.CompletedTask;
        }

        if (failed)
        {
            throw new StorageUnavailableException("A write before this one was not confirmed.");
        }

        if (waiting.Count >= maxWaiting)
        {
            throw new StorageUnavailableException("Too many changes wait to be stored.");
        }

        pending += accepted is null ? 1 : 0;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Add(entry.Key, (newest, done));
        turns.Enqueue(entry.Key);
        if (!writing)
        {
            writing = true;
            _ = Write();
        }

        return done.Task;
    }

    // Each entry is answered by the write with it, so this task is not awaited: a failure reaches every waiting caller.
    private async Task Write()
    {
        while (waiting.Count > 0)
        {
            var batch = NextBatch();
            underway = batch.ToDictionary(b => b.Entry.Key, b => b.Entry, StringComparer.Ordinal);
            try
            {
                // Leaves out entries that were stored by the previous write, or replaced by a later one of their key.
                ImmutableArray<TEntry> news = [.. underway.Values.Where(e => log.Find(e.Key) is not { } stored || e.Supersedes(stored))];
                if (!news.IsEmpty)
                {
                    var added = news.Count(e => log.Find(e.Key) is null);
                    await log.Commit(news);
                    pending -= added;
                    onStored(news);
                }

                batch.ForEach(b => b.Stored.SetResult());
            }
            catch (Exception e)
            {
                failed = true;
                deactivate();
                batch.ForEach(b => b.Stored.SetException(e));
            }

            underway = [];
        }

        writing = false;
    }

    private List<(TEntry Entry, TaskCompletionSource Stored)> NextBatch()
    {
        List<(TEntry, TaskCompletionSource)> batch = [];
        var bytes = 0L;
        while (batch.Count < maxBatch
            && turns.TryPeek(out var key)
            && ((bytes += waiting[key].Entry.StoredBytes) <= SegmentedLog<TEntry>.MaxBatchBytes || batch.Count == 0))
        {
            turns.Dequeue();
            waiting.Remove(key, out var next);
            batch.Add(next);
        }

        return batch;
    }
}
