using System.Collections.Immutable;

namespace EngageCenter.Storage;

/// <summary>
/// A <see cref="SegmentedLog{TEntry}"/> for a reentrant grain: entries that come while a write is under way share the
/// next one, so that many callers cost few writes. Each is answered by the write that holds its entry.
/// </summary>
/// <param name="maxBatch">Entries in one write; it has fewer where <see cref="SegmentedLog{TEntry}.MaxBatchBytes"/> says so.</param>
/// <param name="maxWaiting">Entries that wait for their write; more are refused.</param>
/// <param name="onStored">Told of what is stored now, before its callers are.</param>
/// <param name="deactivate">Ends the activation, where what is stored and what is in memory may differ.</param>
internal sealed class BatchedLog<TEntry>(
    SegmentedLog<TEntry> log, int maxBatch, int maxWaiting, Action<IReadOnlyList<TEntry>> onStored, Action deactivate)
    where TEntry : class, ILogEntry<TEntry>
{
    private readonly Dictionary<string, (TEntry Entry, TaskCompletionSource Stored)> waiting = new(StringComparer.Ordinal);

    // The keys of those that wait, as they came. A dictionary gives the place of one that left to the next that comes:
    // by its order, those who come while storage is slow would go before those who wait.
    private readonly Queue<string> turns = [];
    private Dictionary<string, TEntry> underway = [];
    private int pending;
    private bool writing;
    private bool failed;

    /// <summary>
    /// The newest entry of the key that was accepted, or null. It may not be stored yet: a decision that rests on it is
    /// one to be stored, behind it, and nothing to be shown.
    /// </summary>
    public TEntry? Accepted(string key) =>
        waiting.TryGetValue(key, out var next) ? next.Entry
        : underway.TryGetValue(key, out var entry) ? entry
        : log.Find(key);

    /// <summary>New keys that are accepted and that <c>onStored</c> has not been told of: what there is to come.</summary>
    public int Pending => pending;

    /// <summary>
    /// Stores the entry, unless there is a later one of its key. Done when it, or the later one, is stored: also where
    /// that one was accepted before.
    /// </summary>
    /// <exception cref="StorageUnavailableException">It was not confirmed, or too many wait.</exception>
    public Task Store(TEntry entry)
    {
        var accepted = Accepted(entry.Key);
        var newest = accepted is null || entry.Supersedes(accepted) ? entry : accepted;
        if (waiting.TryGetValue(entry.Key, out var other))
        {
            waiting[entry.Key] = (newest, other.Stored);
            return other.Stored.Task;
        }

        // One that is being written may fail still: then this one fails with it, in its turn.
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
            throw new StorageUnavailableException("Too much waits to be stored.");
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

    // Each entry is answered by the write that holds it, so nothing is lost here: a failure is every waiting caller's.
    private async Task Write()
    {
        while (waiting.Count > 0)
        {
            var batch = NextBatch();
            underway = batch.ToDictionary(b => b.Entry.Key, b => b.Entry, StringComparer.Ordinal);
            try
            {
                // What came while it, or a later entry of its key, was being stored is no news any more.
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
