using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>
/// State of a grain that grows: the newest entry of every key, stored so that a write costs the same whether there
/// are a hundred entries or a hundred thousand.
/// </summary>
/// <remarks>
/// <para>
/// <b>Rows.</b> The log is split in segments, each a row of the grain's storage: <c>name-0</c>, <c>name-1</c> and so
/// on; <c>name-head</c> says which is the oldest. A commit is exactly one write, of the newest segment, the tail.
/// As long as the stored tail holds fewer than <see cref="FillBelow"/> entries the commit rewrites it with the batch
/// added; else it begins the next one. A segment that is no tail any more is never written again. A row holds at
/// most <see cref="MaxSegment"/> entries. Reading it all in a new activation takes one read for each segment, up to
/// <see cref="MaxWindow"/> at a time.
/// </para>
/// <para>
/// <b>One owner.</b> Two activations of a grain can overlap for a moment. What a commit writes to follows from the
/// stored tail alone, never from the batch: so two owners who know the same tail write to the same row, and the
/// second one fails, by the tail's ETag or by inserting a row that is there (or was: the head is read after a segment
/// was begun, and tells). A write that was not confirmed ends
/// the owner, also where it did happen and only its answer was lost; the next one reads the truth. Every row names
/// the commit that wrote it and the one before it, so that who reads while another still writes notices.
/// </para>
/// <para>
/// <b>Superseded entries</b> are garbage, and removed from the oldest segment on once they are over half of all and
/// at least <see cref="MinGarbage"/>, see <c>SegmentedLog.Cleaning.cs</c>.
/// </para>
/// <para>
/// <b>What storage must do:</b> write one row atomically; refuse a write or clear with an ETag other than the row's,
/// also where no row is, and a write without one where a row is; after a confirmed write or clear, read that or a later one. Rows are found
/// by their name and the grain's key, with some providers not by its type: no two grains of one key may share a name.
/// </para>
/// </remarks>
internal sealed partial class SegmentedLog<TEntry>
    where TEntry : class, ILogEntry<TEntry>
{
    /// <summary>A stored tail with fewer entries is extended.</summary>
    public const int FillBelow = 256;

    /// <summary>Entries in one commit.</summary>
    public const int MaxBatch = 1_000;

    /// <summary>
    /// Bytes of one commit's batch, and of what cleaning moves beside it, by <see cref="ILogEntry{TSelf}.StoredBytes"/>; one
    /// entry may have more. With a tail of <see cref="FillBelow"/> entries a row stays below the 16 MiB that a provider takes.
    /// </summary>
    public const int MaxBatchBytes = 4 * 1024 * 1024;

    /// <summary>Entries in one row: a tail that was just below its limit, the greatest batch, and as much moved by cleaning.</summary>
    public const int MaxSegment = FillBelow - 1 + (2 * MaxBatch);

    /// <summary>Rows that are read at a time.</summary>
    public const int MaxWindow = 16;

    private readonly IGrainStorage storage;
    private readonly GrainId owner;
    private readonly string name;
    private readonly Action deactivate;
    private readonly ILogger logger;

    private readonly Dictionary<string, Placed> newest = new(StringComparer.Ordinal);

    // From the oldest segment that counts, which is number 'first', to the tail.
    private readonly List<Extent> extents = [];
    private int first;
    private long stored;

    // As it is in storage, with its ETag. All of its entries are the newest of their keys.
    private Row<LogSegment<TEntry>>? tail;
    private bool ended;

    /// <param name="name">The rows' prefix, of the grain alone.</param>
    /// <param name="deactivate">Ends the activation; called before a failed commit throws.</param>
    public SegmentedLog(IGrainStorage storage, GrainId owner, string name, Action deactivate, ILogger logger)
    {
        this.storage = storage;
        this.owner = owner;
        this.name = name;
        this.deactivate = deactivate;
        this.logger = logger;
    }

    /// <summary>Keys.</summary>
    public int Count => newest.Count;

    /// <summary>Stored entries, the superseded ones as well.</summary>
    public long Stored => stored;

    /// <summary>Entries in the newest row.</summary>
    public int TailLength => tail?.State.Entries.Length ?? 0;

    /// <summary>Rows with entries that count.</summary>
    public int Segments => extents.Count;

    /// <summary>The newest entry of every key, in no order.</summary>
    public IEnumerable<TEntry> Entries => newest.Values.Select(placed => placed.Entry);

    /// <summary>The newest entry of the key, or null.</summary>
    public TEntry? Find(string key) => newest.TryGetValue(key, out var placed) ? placed.Entry : null;

    /// <summary>Reads everything. To be called once, before all else.</summary>
    /// <param name="onRead">What to keep in place of an entry that was read; for strings that many entries share.</param>
    /// <exception cref="StorageUnavailableException">A read failed, or the rows changed while they were read. Another log may try again.</exception>
    public async Task Load(Func<TEntry, TEntry>? onRead = null)
    {
        try
        {
            var head = await Read<LogHead>(HeadName);
            first = head.State.First;

            var (from, window) = (first, 2);
            while (await LoadWindow(from, window, onRead))
            {
                from += window;
                window = Math.Min(2 * window, MaxWindow);
            }

            // An owner before us may have cleared rows that we then took for the end. It moved the head first.
            var after = await Read<LogHead>(HeadName);
            if (after.State.First != first || (first > 0 && tail is null))
            {
                throw Changed();
            }
        }
        catch (Exception e)
        {
            ended = true;
            throw e as StorageUnavailableException ?? new StorageUnavailableException($"Reading {name} failed: {e.Message}", e);
        }
    }

    /// <summary>How many entries, of the first ones that there are, fit in one commit: at least one.</summary>
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
    /// <param name="batch">As many as <see cref="Fit"/>, of different keys, each superseding what there is of its key.</param>
    /// <exception cref="StorageUnavailableException">
    /// The write was not confirmed, and may or may not have happened. This log takes no more of them, and the activation ends.
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
            if (!extending)
            {
                await CheckCounts(segment);
            }
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
    /// Makes sure that a row that was not there had never been there: an owner whom others replaced long ago may have
    /// begun a segment that they have begun, cleaned and cleared since. They moved the head past it before they cleared it.
    /// </summary>
    private async Task CheckCounts(int begun)
    {
        var head = await Read<LogHead>(HeadName);
        if (head.State.First > begun)
        {
            throw new InvalidOperationException($"Another owner has cleaned {name} up to {head.State.First}.");
        }
    }

    private LogSegment<TEntry> Next(bool extending, HashSet<string> superseded, List<TEntry> moved, ImmutableArray<TEntry> batch)
    {
        // Entries of the tail that the batch supersedes are left out: they need no cleaning later.
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

    /// <summary>Takes note that the newest entries of these keys are in the tail now.</summary>
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
                throw new ArgumentException("An entry of the batch does not supersede what there is of its key.", nameof(batch));
            }
        }

        return keys;
    }

    /// <returns>Whether there may be more.</returns>
    private async Task<bool> LoadWindow(int from, int window, Func<TEntry, TEntry>? onRead)
    {
        var rows = await Task.WhenAll(Enumerable.Range(from, window).Select(segment => Read<LogSegment<TEntry>>(RowName(segment))));
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            if (!IsThere(row))
            {
                // What looks like the end is none: a row was lost, or the rows changed while they were read.
                return rows.Skip(i).Any(IsThere) ? throw Changed() : false;
            }

            // The segment before may have been read before its last write, and this one after it was begun.
            if (tail is not null && row.State.Previous != tail.State.Commit)
            {
                throw Changed();
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

            // Of equal ones the later: the earlier was moved here by cleaning.
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

    private async Task<Row<TRow>> Read<TRow>(string rowName)
        where TRow : class, new()
    {
        var row = new Row<TRow>();
        await storage.ReadStateAsync(rowName, owner, row);
        return row;
    }

    // Some providers say of a cleared row that it exists, and answer a new state.
    private static bool IsThere(Row<LogSegment<TEntry>> row) => row.RecordExists && row.State.Commit > 0;

    private string HeadName => RowNames.Head(name);

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
