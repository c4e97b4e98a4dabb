using Microsoft.Extensions.Logging;

namespace EngageCenter.Storage;

/// <remarks>
/// Cleaning is done with commits, from the oldest segment on. A commit moves some of the entries that still count from old
/// segments into its own row, in the same write: as many as the batch has, or <see cref="MinMoves"/>. Segments without such
/// entries are released: first the head moves past them, then their rows are cleared. After every step the log reads the same,
/// so it may stop after any of them: an entry that is found twice counts once, and rows below the head are left-overs. There are
/// at most <see cref="MaxRows"/> left-overs, and they are cleared before the head moves again. A failure besides the commit's own
/// write is logged and tried again with a later commit; the commit itself has happened.
/// Besides its own write a commit reads at most 2 × <see cref="MaxRows"/> rows and twice the head, writes the head and clears at
/// most 2 × <see cref="MaxRows"/> rows. Moves keep pace with batches. In the worst case, if only young entries are superseded and
/// all old ones have to be moved, there are about two garbage entries for each newest one.
/// </remarks>
internal sealed partial class SegmentedLog<TEntry>
{
    /// <summary>Cleaning starts only with more garbage than this, in entries.</summary>
    public const int MinGarbage = 1_024;

    /// <summary>How many entries a commit with a small batch may move.</summary>
    public const int MinMoves = 256;

    /// <summary>How many segments are cleaned at a time.</summary>
    public const int MaxRows = 8;

    private Cleaning? cleaning;
    private bool leftoversCleared;

    private bool IsWorthCleaning
    {
        get
        {
            var garbage = stored - newest.Count;
            return garbage >= MinGarbage && 2 * garbage > stored && extents.Count > 1;
        }
    }

    /// <summary>Returns the entries that the commit should move into its row. Never fails.</summary>
    private async Task<List<TEntry>> NextMoves(HashSet<string> batch)
    {
        List<TEntry> moves = [];
        if (cleaning is null && IsWorthCleaning)
        {
            try
            {
                cleaning = await Begin();
            }
            catch (Exception e)
            {
                PutOff(e);
            }
        }

        if (cleaning is null)
        {
            return moves;
        }

        var (limit, bytes) = (Math.Max(batch.Count, MinMoves), 0L);
        var end = first + cleaning.Rows.Count;
        while (moves.Count < limit && bytes < MaxBatchBytes && cleaning.Keys.TryDequeue(out var key))
        {
            // Leaves out entries that were superseded since, or will be by this batch.
            var placed = newest[key];
            if (placed.Segment < end && !batch.Contains(key))
            {
                moves.Add(placed.Entry);
                bytes += placed.Entry.StoredBytes;
            }
        }

        return moves;
    }

    private async Task<Cleaning> Begin()
    {
        // The head is read again each time: after a failure it is unknown which of our writes happened.
        var head = await Read<LogHead>(HeadName);
        while (first < head.State.First && extents[0].Live == 0)
        {
            Forget();
        }

        if (first != head.State.First)
        {
            throw new InvalidOperationException($"Another owner has cleaned {name} up to {head.State.First}.");
        }

        if (!leftoversCleared)
        {
            var oldest = Math.Max(0, first - MaxRows);
            await Task.WhenAll(Enumerable.Range(oldest, first - oldest).Select(async segment =>
            {
                var row = await Read<LogSegment<TEntry>>(RowName(segment));
                if (IsThere(row))
                {
                    await storage.ClearStateAsync(RowName(segment), owner, row);
                }
            }));
            leftoversCleared = true;
        }

        var rows = await Task.WhenAll(Enumerable.Range(first, Math.Min(MaxRows, extents.Count - 1))
            .Select(segment => Read<LogSegment<TEntry>>(RowName(segment))));
        Queue<string> keys = new();
        for (var i = 0; i < rows.Length; i++)
        {
            if (!IsThere(rows[i]))
            {
                throw new InvalidOperationException($"Another owner has cleared {RowName(first + i)}.");
            }

            foreach (var entry in rows[i].State.Entries)
            {
                if (newest[entry.Key].Segment == first + i)
                {
                    keys.Enqueue(entry.Key);
                }
            }
        }

        return new(head, new(rows), keys);
    }

    /// <summary>Releases segments without entries that count. Never fails.</summary>
    private async Task Release()
    {
        if (cleaning is null)
        {
            return;
        }

        try
        {
            var emptied = extents.Take(cleaning.Rows.Count).TakeWhile(extent => extent.Live == 0).Count();
            if (emptied == 0)
            {
                return;
            }

            cleaning.Head.State = new(first + emptied);
            await storage.WriteStateAsync(HeadName, owner, cleaning.Head);

            leftoversCleared = false;
            List<Task> clears = [];
            for (var i = 0; i < emptied; i++)
            {
                clears.Add(storage.ClearStateAsync(RowName(first), owner, cleaning.Rows.Dequeue()));
                Forget();
            }

            await Task.WhenAll(clears);
            leftoversCleared = true;
            if (cleaning.Rows.Count == 0)
            {
                cleaning = null;
            }
        }
        catch (Exception e)
        {
            PutOff(e);
        }
    }

    private void Forget()
    {
        stored -= extents[0].Stored;
        extents.RemoveAt(0);
        first++;
        leftoversCleared = false;
    }

    private void PutOff(Exception reason)
    {
        cleaning = null;
        logger.LogWarning(reason, "Cleaning of {Log} of {Owner} is put off to a later commit", name, owner);
    }

    /// <param name="Head">The head as stored, with its ETag.</param>
    /// <param name="Rows">The oldest segments as stored, with their ETags.</param>
    /// <param name="Keys">The keys of their entries that count and were not moved yet.</param>
    private sealed record Cleaning(Row<LogHead> Head, Queue<Row<LogSegment<TEntry>>> Rows, Queue<string> Keys);
}
