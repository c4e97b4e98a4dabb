using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>
/// The state of a grain that grows: the newest entry of every key. It is stored so that a write costs the same with a hundred
/// entries as with a hundred thousand.
/// </summary>
/// <remarks>
/// <para>
/// <b>Rows.</b> The log is divided into segments, each of which is a row of the grain's storage: <c>name-0</c>, <c>name-1</c> and
/// so on; <c>name-head</c> says which is the oldest. One write stores a commit: that of the newest segment, the tail. If the stored
/// tail has fewer than <see cref="FillBelow"/> entries, the commit rewrites it with the batch added; otherwise it begins the next
/// segment, and then notes its number in <c>name-end</c>. A segment that is no longer the tail is never written again. A row has at
/// most <see cref="MaxSegment"/> entries. A new activation reads every segment once, up to <see cref="MaxWindow"/> at a time.
/// </para>
/// <para>
/// <b>One owner.</b> Two activations of a grain can overlap for a moment. Which row a commit writes depends only on the stored
/// tail, never on the batch. So two owners who know the same tail write to the same row, and the second one fails: by the tail's
/// ETag, or because the row to insert already exists. If that row has been cleared again, the head shows it, because the head is
/// read after a segment was begun. An unconfirmed write ends the owner, even if it did happen and only its answer was lost; the
/// next owner reads what is stored. Every row names the commit that wrote it and the one before it, so a reader notices if another
/// owner writes at the same time.
/// </para>
/// <para>
/// <b>Lost rows.</b> A reader refuses a log that lacks a row, as after a partial restore. Each segment names the commit before it,
/// and <c>name-end</c> a segment that must be there. The end is noted only after its segment was stored, so it never promises too
/// much. If noting it fails, a later commit does it; until then a loss of that segment alone is not noticed.
/// </para>
/// <para>
/// <b>Superseded entries</b> are garbage. They are removed from the oldest segment on, once they are more than half of all entries
/// and at least <see cref="MinGarbage"/>, see <c>SegmentedLog.Cleaning.cs</c>.
/// </para>
/// <para>
/// <b>What storage must do:</b> write one row atomically. Refuse a write or clear with another ETag than the row's, also if there
/// is no row, and a write without an ETag if there is a row. After a confirmed write or clear, reads return that or a later one.
/// Rows are found by their name and the grain's key, with some providers not by its type, so two grains with the same key must not
/// share a name.
/// </para>
/// </remarks>
internal sealed partial class SegmentedLog<TEntry>
    where TEntry : class, ILogEntry<TEntry>
{
    /// <summary>A stored tail with fewer entries than this is extended.</summary>
    public const int FillBelow = 256;

    /// <summary>The most entries in one commit.</summary>
    public const int MaxBatch = 1_000;

    /// <summary>
    /// The most bytes of a commit's batch, and of the entries that cleaning moves with it, by <see cref="ILogEntry{TSelf}.StoredBytes"/>.
    /// A single entry may have more. With a tail of <see cref="FillBelow"/> entries a row stays below the 16 MiB that a provider takes.
    /// </summary>
    public const int MaxBatchBytes = 4 * 1024 * 1024;

    /// <summary>The most entries in one row: a tail just below its limit, the greatest batch, and as many entries moved by cleaning.</summary>
    public const int MaxSegment = FillBelow - 1 + (2 * MaxBatch);

    /// <summary>How many rows are read at a time.</summary>
    public const int MaxWindow = 16;

    private readonly IGrainStorage storage;
    private readonly GrainId owner;
    private readonly string name;
    private readonly Action deactivate;
    private readonly RefusedRows refused;
    private readonly ILogger logger;

    private readonly Dictionary<string, Placed> newest = new(StringComparer.Ordinal);

    // From the oldest segment that counts, which has the number 'first', to the tail.
    private readonly List<Extent> extents = [];
    private int first;
    private long stored;

    // The tail as stored, with its ETag. All of its entries are the newest of their keys.
    private Row<LogSegment<TEntry>>? tail;

    // The end as stored, with its ETag; null if that is unknown after a failed write.
    private Row<LogEnd>? end;
    private bool ended;

    /// <param name="name">The prefix of the rows, which no other log of the grain's key has.</param>
    /// <param name="deactivate">Ends the activation; called before a failed commit throws.</param>
    public SegmentedLog(IGrainStorage storage, GrainId owner, string name, Action deactivate, RefusedRows refused, ILogger logger)
    {
        this.storage = storage;
        this.owner = owner;
        this.name = name;
        this.deactivate = deactivate;
        this.refused = refused;
        this.logger = logger;
    }

    /// <summary>The number of keys.</summary>
    public int Count => newest.Count;

    /// <summary>The number of stored entries, including superseded ones.</summary>
    public long Stored => stored;

    /// <summary>The number of entries in the newest row.</summary>
    public int TailLength => tail?.State.Entries.Length ?? 0;

    /// <summary>The number of rows with entries that count.</summary>
    public int Segments => extents.Count;

    /// <summary>The newest entry of every key, in no particular order.</summary>
    public IEnumerable<TEntry> Entries => newest.Values.Select(placed => placed.Entry);

    /// <summary>Returns the newest entry of the key, or null.</summary>
    public TEntry? Find(string key) => newest.TryGetValue(key, out var placed) ? placed.Entry : null;

    /// <summary>Reads everything. Call it once, before anything else.</summary>
    /// <param name="onRead">Returns what to keep in place of an entry; used to share strings between entries.</param>
    /// <exception cref="StorageUnavailableException">
    /// A read failed, or the rows changed while they were read, and a new log may try again. Or a row is lost, which is reported as
    /// refused.
    /// </exception>
    public async Task Load(Func<TEntry, TEntry>? onRead = null)
    {
        try
        {
            // The end is read before the segments, so whatever it names was begun by then.
            var (head, noted) = (Read<LogHead>(HeadName), Read<LogEnd>(EndName));
            (first, end) = ((await head).State.First, await noted);

            var (from, window) = (first, 2);
            while (await LoadWindow(from, window, onRead))
            {
                from += window;
                window = Math.Min(2 * window, MaxWindow);
            }

            // An earlier owner may have cleared rows that this one then took for the end. It moved the head before it did so.
            var after = await Read<LogHead>(HeadName);
            if (after.State.First != first)
            {
                throw Changed();
            }

            var next = first + extents.Count;
            if (next <= end.State.Last || (first > 0 && tail is null))
            {
                throw await LostOrChanged(next, null);
            }
        }
        catch (Exception e)
        {
            ended = true;
            throw e as StorageUnavailableException ?? new StorageUnavailableException($"Reading {name} failed: {e.Message}", e);
        }
    }

    /// <summary>Returns how many of the first entries fit into one commit: at least one.</summary>
    public static int Fit(ReadOnlySpan<TEntry> entries)
    {
        var (count, bytes) = (0, 0L);
        while (count < Math.Min(entries.Length, MaxBatch) && ((bytes += entries[count].StoredBytes) <= MaxBatchBytes || count == 0))
        {
            count++;
        }

        return count;
    }

    /// <summary>Stores the entries, all or none.</summary>
    /// <param name="batch">At most as many as <see cref="Fit"/> says, with different keys, each of which supersedes the current entry of its key.</param>
    /// <exception cref="StorageUnavailableException">
    /// The write was not confirmed, and may or may not have happened. This log accepts no more commits, and the activation ends.
    /// </exception>
    public async Task Commit(ImmutableArray<TEntry> batch)
    {
        if (ended)
        {
            throw new StorageUnavailableException($"{name} has another owner, or an unconfirmed write.");
        }

        var keys = CheckedKeys(batch);
        var moved = await NextMoves(keys);

        var extending = tail is not null && tail.State.Entries.Length < FillBelow;
        var segment = first + extents.Count - (extending ? 1 : 0);
        var next = new Row<LogSegment<TEntry>>
        {
            State = Next(extending, keys, moved, batch),
            ETag = extending ? tail!.ETag : null,
            RecordExists = extending,
        };
        try
        {
            await storage.WriteStateAsync(RowName(segment), owner, next);
            await Task.WhenAll(extending ? Task.CompletedTask : CheckCounts(segment), Note(segment));
        }
        catch (Exception e)
        {
            ended = true;
            deactivate();
            throw new StorageUnavailableException($"A write of {name} was not confirmed: {e.Message}", e);
        }

        tail = next;
        if (extending)
        {
            stored -= extents[^1].Stored;
            extents.RemoveAt(extents.Count - 1);
        }

        extents.Add(new(next.State.Entries.Length, next.State.Entries.Length));
        stored += next.State.Entries.Length;
        Place(moved, segment);
        Place(batch, segment);
        await Release();
    }

    /// <summary>
    /// Makes sure that a row that is missing never existed. An owner that others replaced long ago may begin a segment that they have
    /// begun, cleaned and cleared since. They moved the head past it before they cleared it.
    /// </summary>
    private async Task CheckCounts(int begun)
    {
        var head = await Read<LogHead>(HeadName);
        if (head.State.First > begun)
        {
            throw new InvalidOperationException($"Another owner has cleaned {name} up to {head.State.First}.");
        }
    }

    /// <summary>Notes in the end that a segment was begun, unless it says so already. Never fails.</summary>
    private async Task Note(int begun)
    {
        try
        {
            end ??= await Read<LogEnd>(EndName);
            if (end.State.Last < begun)
            {
                end.State = new(begun);
                await storage.WriteStateAsync(EndName, owner, end);
            }
        }
        catch (Exception e)
        {
            end = null;
            logger.LogWarning(e, "The end of {Log} of {Owner} is noted with a later commit", name, owner);
        }
    }

    private LogSegment<TEntry> Next(bool extending, HashSet<string> superseded, List<TEntry> moved, ImmutableArray<TEntry> batch)
    {
        // Leaves out entries of the tail that the batch supersedes, so that they need no cleaning later.
        var entries = ImmutableArray.CreateBuilder<TEntry>((extending ? FillBelow : 0) + moved.Count + batch.Length);
        if (extending)
        {
            entries.AddRange(tail!.State.Entries.Where(e => !superseded.Contains(e.Key)));
        }

        entries.AddRange(moved);
        entries.AddRange(batch);
        var commit = tail?.State.Commit ?? 0;
        return new(entries.DrainToImmutable(), commit + 1, extending ? tail!.State.Previous : commit);
    }

    /// <summary>Records that the newest entries of these keys are in the tail now.</summary>
    private void Place(IEnumerable<TEntry> entries, int segment)
    {
        foreach (var entry in entries)
        {
            ref var placed = ref CollectionsMarshal.GetValueRefOrAddDefault(newest, entry.Key, out var existed);
            if (existed && placed.Segment != segment)
            {
                extents[placed.Segment - first].Live--;
            }

            placed = new(entry, segment);
        }
    }

    private HashSet<string> CheckedKeys(ImmutableArray<TEntry> batch)
    {
        if (batch.IsEmpty || Fit(batch.AsSpan()) < batch.Length)
        {
            throw new ArgumentException($"A commit has 1 to {MaxBatch} entries and at most {MaxBatchBytes} bytes, not {batch.Length} entries.", nameof(batch));
        }

        var keys = new HashSet<string>(batch.Length, StringComparer.Ordinal);
        foreach (var entry in batch)
        {
            if (!keys.Add(entry.Key) || (Find(entry.Key) is { } current && !entry.Supersedes(current)))
            {
                throw new ArgumentException("An entry of the batch does not supersede the current entry of its key.", nameof(batch));
            }
        }

        return keys;
    }

    /// <returns>Whether there may be more rows.</returns>
    private async Task<bool> LoadWindow(int from, int window, Func<TEntry, TEntry>? onRead)
    {
        var rows = await Task.WhenAll(Enumerable.Range(from, window).Select(segment => Read<LogSegment<TEntry>>(RowName(segment))));
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            if (!IsThere(row))
            {
                // If rows follow, this is not the end: a row was lost, or the rows changed while they were read.
                return rows.Skip(i).Any(IsThere) ? throw await LostOrChanged(from + i, null) : false;
            }

            // The previous segment may have been read before its last write, and this one after it was begun.
            if (tail is not null && row.State.Previous != tail.State.Commit)
            {
                throw await LostOrChanged(from + i - 1, row.State.Previous);
            }

            tail = row;
            Add(row.State, onRead);
        }

        return true;
    }

    private void Add(LogSegment<TEntry> segment, Func<TEntry, TEntry>? onRead)
    {
        var number = first + extents.Count;
        var extent = new Extent(segment.Entries.Length, 0);
        extents.Add(extent);
        stored += segment.Entries.Length;
        foreach (var entry in segment.Entries)
        {
            ref var placed = ref CollectionsMarshal.GetValueRefOrAddDefault(newest, entry.Key, out var existed);

            // Of equal entries the later one counts; cleaning has moved it.
            if (existed && placed.Entry.Supersedes(entry))
            {
                continue;
            }

            if (existed)
            {
                extents[placed.Segment - first].Live--;
            }

            placed = new(onRead is null ? entry : onRead(entry), number);
            extent.Live++;
        }
    }

    /// <summary>
    /// Says why a row was not found that was begun before, or does not fit to the row after it: it is lost, unless a second reading
    /// shows that it was begun, written or cleaned only during the first one.
    /// </summary>
    /// <param name="commit">The last commit that wrote the row, which the row after it names; null if that row was not read.</param>
    private async Task<StorageUnavailableException> LostOrChanged(int segment, long? commit)
    {
        // A row that was cleared before it was read is below the head that is read then.
        var row = await Read<LogSegment<TEntry>>(RowName(segment));
        var head = await Read<LogHead>(HeadName);
        return head.State.First > segment ? Changed()
            : !IsThere(row) ? refused.Report(owner, RowName(segment), $"it is lost, or {HeadName} is")
            : commit is { } expected && row.State.Commit != expected ? refused.Report(owner, RowName(segment), $"it is of commit {row.State.Commit}, and the row after it follows commit {expected}")
            : Changed();
    }

    private async Task<Row<TRow>> Read<TRow>(string rowName)
        where TRow : class, new()
    {
        var row = new Row<TRow>();
        await storage.ReadStateAsync(rowName, owner, row);
        return row;
    }

    // Some providers say that a cleared row exists, and return a new state for it.
    private static bool IsThere(Row<LogSegment<TEntry>> row) => row.RecordExists && row.State.Commit > 0;

    private string HeadName => RowNames.Head(name);

    private string EndName => RowNames.End(name);

    private string RowName(int segment) => RowNames.Numbered(name, segment);

    private StorageUnavailableException Changed() => new($"{name} changed while it was read.");

    private sealed class Row<TRow> : IGrainState<TRow>
        where TRow : class, new()
    {
        [AllowNull]
        public TRow State
        {
            get;
            set => field = value ?? new();
        } = new();

        public string? ETag { get; set; }

        public bool RecordExists { get; set; }
    }

    /// <summary>The newest entry of a key, and the segment that it counts in.</summary>
    private readonly record struct Placed(TEntry Entry, int Segment);

    /// <summary>How many entries a segment stores, and how many of them are the newest of their keys.</summary>
    private sealed class Extent(int stored, int live)
    {
        public int Stored { get; } = stored;

        public int Live { get; set; } = live;
    }
}
