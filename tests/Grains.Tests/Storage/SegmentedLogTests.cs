using System.Collections.Immutable;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;

namespace EngageCenter.Storage;

public class SegmentedLogTests
{
    private static readonly GrainId Owner = GrainId.Create("notes", "one");

    [Fact]
    public async Task Committed_entries_are_in_the_next_activation()
    {
        var store = new RowStore();
        var log = await Open(store);
        await log.Commit(Notes(1, Enumerable.Range(0, 700)));
        await log.Commit(Notes(2, Enumerable.Range(600, 200)));

        var next = await Open(store);

        Assert.Equal(800, next.Count);
        Assert.Equal(1, next.Find("599")?.Version);
        Assert.Equal(2, next.Find("600")?.Version);
        Assert.Null(next.Find("800"));
        Assert.Equal(Contents(log), Contents(next));
    }

    [Fact]
    public async Task Empty_log_has_no_rows()
    {
        var store = new RowStore();
        var log = await Open(store);

        Assert.Equal(0, log.Count);
        Assert.Equal(0, store.Rows);
    }

    [Fact]
    public async Task Segment_is_extended_until_it_is_full()
    {
        var store = new RowStore();
        var log = await Open(store);
        for (var i = 0; i < SegmentedLog<Note>.FillBelow; i++)
        {
            await log.Commit(Notes(1, [i]));
        }

        Assert.Equal((1, 1 + 1), (log.Segments, store.Rows));
        await log.Commit(Notes(1, [1_000]));
        Assert.Equal((2, 2 + 1), (log.Segments, store.Rows));
    }

    [Fact]
    public async Task Repeatedly_changed_key_makes_no_garbage_in_the_tail()
    {
        var store = new RowStore();
        var log = await Open(store);
        for (var version = 1; version <= 1_000; version++)
        {
            await log.Commit(Notes(version, [1, 2, 3]));
        }

        Assert.Equal((1, 3L), (log.Segments, log.Stored));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task Unconfirmed_write_ends_the_owner_and_the_next_one_reads_storage(bool written, int versionThen)
    {
        var store = new RowStore();
        var ended = false;
        var log = await Open(store, () => ended = true);
        await log.Commit(Notes(1, [7]));

        store.Fate = (_, _) => written ? RowFate.AnswerIsLost : RowFate.Fails;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => log.Commit(Notes(2, [7])));
        store.Fate = (_, _) => RowFate.Happens;

        Assert.True(ended);
        Assert.Equal(1, log.Find("7")?.Version);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => log.Commit(Notes(3, [7])));
        Assert.Equal(versionThen, (await Open(store)).Find("7")?.Version);
    }

    [Fact]
    public async Task Incompletely_read_log_is_not_served_and_a_retry_may_succeed()
    {
        var store = new RowStore();
        var log = await Open(store);
        for (var i = 0; i < 40; i++)
        {
            await log.Commit(Notes(1, Enumerable.Range(i * 300, 300)));
        }

        store.Fate = (_, row) => row == "notes-33" ? RowFate.Fails : RowFate.Happens;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Open(store));
        store.Fate = (_, _) => RowFate.Happens;
        Assert.Equal(40 * 300, (await Open(store)).Count);
    }

    [Fact]
    public async Task Log_that_lacks_any_rows_but_its_end_is_refused() =>
        await Gen.Select(Gen.Int, Gen.Int[1, 400], Gen.Int[10, 3_000], Gen.Bool).SampleAsync(async (seed, keys, most, leaves) =>
        {
            var random = new Random(seed);
            var store = new RowStore { LeavesClearedRows = leaves };
            var log = await Open(store);
            var commits = random.Next(1, 40);
            for (var version = 1; version <= commits; version++)
            {
                await log.Commit(Notes(version, Enumerable.Range(random.Next(most), random.Next(1, keys))));
            }

            // Without a head row the log begins at 0.
            var head = store.Row("notes-head", Owner)?["f"]!.GetValue<int>();
            List<string> rows = [.. Enumerable.Range(head ?? 0, log.Segments).Select(n => $"notes-{n}")];
            if (head is not null)
            {
                rows.Add("notes-head");
            }

            var lost = rows.Where(_ => random.Next(rows.Count) == 0).DefaultIfEmpty(rows[random.Next(rows.Count)]).ToList();
            lost.ForEach(store.Drop);
            var refused = await Assert.ThrowsAsync<StorageUnavailableException>(() => Open(store));
            Assert.Contains("is refused: it is lost, or ", refused.Message, StringComparison.Ordinal);
        }, iter: 300);

    [Fact]
    public async Task Log_with_an_older_row_before_its_newest_one_is_refused()
    {
        var store = new RowStore();
        var log = await Open(store);
        await log.Commit(Notes(1, Enumerable.Range(0, 300)));
        await log.Commit(Notes(1, [300]));
        var earlier = store.Copy();
        await log.Commit(Notes(1, Enumerable.Range(400, 300)));
        await log.Commit(Notes(1, [800]));
        store.Restore("notes-1", earlier);

        var refused = await Assert.ThrowsAsync<StorageUnavailableException>(() => Open(store));
        Assert.Contains("Row notes-1 of notes/one is refused: it is of commit 2, and the row after it follows commit 3", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commit_succeeds_if_noting_the_end_fails_and_a_later_commit_notes_it(bool written)
    {
        var fate = written ? RowFate.AnswerIsLost : RowFate.Fails;
        var store = new RowStore { Fate = (operation, row) => operation == RowOperation.Write && row == "notes-end" ? fate : RowFate.Happens };
        var log = await Open(store);
        await log.Commit(Notes(1, Enumerable.Range(0, 300)));
        await log.Commit(Notes(1, [300]));
        Assert.Equal(written, store.Row("notes-end", Owner) is not null);
        Assert.Equal(301, (await Open(store)).Count);

        store.Fate = (_, _) => RowFate.Happens;
        await log.Commit(Notes(1, [301]));
        Assert.Equal(1, store.Row("notes-end", Owner)!["l"]!.GetValue<int>());
    }

    [Fact]
    public async Task Log_without_an_end_of_an_earlier_release_gets_one_with_its_next_commit()
    {
        var store = new RowStore();
        var log = await Open(store);
        await log.Commit(Notes(1, Enumerable.Range(0, 300)));
        await log.Commit(Notes(1, [300]));
        store.Drop("notes-end");

        var next = await Open(store);
        Assert.Equal(301, next.Count);
        await next.Commit(Notes(1, [301]));
        Assert.Equal(1, store.Row("notes-end", Owner)!["l"]!.GetValue<int>());

        store.StartCounting();
        await next.Commit(Notes(1, [302]));
        Assert.Equal((0, 1), (store.Reads, store.Writes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_001)]
    public async Task Batch_above_its_limits_is_refused(int count)
    {
        var log = await Open(new());
        await Assert.ThrowsAsync<ArgumentException>(() => log.Commit(Notes(1, Enumerable.Range(0, count))));
    }

    [Fact]
    public async Task Entry_that_supersedes_nothing_is_refused()
    {
        var log = await Open(new());
        await log.Commit(Notes(1, [1]));
        await Assert.ThrowsAsync<ArgumentException>(() => log.Commit(Notes(1, [1])));
        await Assert.ThrowsAsync<ArgumentException>(() => log.Commit([.. Notes(2, [1]), .. Notes(3, [1])]));
    }

    [Fact]
    public async Task Stale_owner_cannot_commit() =>
        await Gen.Select(Gen.Int[1, 600].Array[0, 4], Gen.Int[1, 600].Array[1, 10], Gen.Int[1, 600]).SampleAsync(async (before, others, own) =>
        {
            var store = new RowStore();
            var first = await Open(store);
            var version = 0;
            foreach (var size in before)
            {
                await first.Commit(Notes(++version, Enumerable.Range(0, size)));
            }

            var second = await Open(store);
            foreach (var size in others)
            {
                await second.Commit(Notes(++version, Enumerable.Range(0, size)));
            }

            await Assert.ThrowsAsync<StorageUnavailableException>(() => first.Commit(Notes(++version, Enumerable.Range(0, own))));
            await second.Commit(Notes(++version, [0]));
            Assert.Equal(Contents(second), Contents(await Open(store)));
        }, iter: 200);

    [Fact]
    public async Task Stale_owner_cannot_commit_after_its_next_row_was_written_and_cleared()
    {
        var store = new RowStore();
        var first = await Open(store);
        await first.Commit(Notes(1, Enumerable.Range(0, 300)));

        var second = await Open(store);
        for (var version = 2; version < 20; version++)
        {
            await second.Commit(Notes(version, Enumerable.Range(0, 300)));
        }

        var gone = new GrainState<LogSegment<Note>>();
        await store.ReadStateAsync("notes-1", Owner, gone);
        Assert.False(gone.RecordExists);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => first.Commit(Notes(20, [1])));
        Assert.Equal(Contents(second), Contents(await Open(store)));
    }

    [Fact]
    public async Task Read_during_writes_and_cleaning_is_a_committed_state_or_fails() =>
        await Gen.Select(Gen.Int[0, 14], Sizes[1, 8], Sizes[1, 8], Gen.Bool).SampleAsync(async (at, before, during, leaves) =>
        {
            var store = new RowStore { LeavesClearedRows = leaves };
            var writer = await Open(store);
            var version = 0;
            foreach (var size in before)
            {
                await writer.Commit(Notes(++version, Enumerable.Range(0, size)));
            }

            List<(string Key, int Version)[]> committed = [Contents(writer)];

            // Memory answers at once, so a write that begins during a read has ended before the read continues.
            var reads = 0;
            var writing = Task.CompletedTask;
            store.Fate = (operation, _) =>
            {
                if (operation == RowOperation.Read && reads++ == at)
                {
                    writing = WriteOn();
                }

                return RowFate.Happens;
            };
            async Task WriteOn()
            {
                foreach (var size in during)
                {
                    await writer.Commit(Notes(++version, Enumerable.Range(0, size)));
                    committed.Add(Contents(writer));
                }
            }

            SegmentedLog<Note>? reader = null;
            try
            {
                reader = await Open(store);
            }
            catch (StorageUnavailableException)
            {
                Assert.True(writing.IsCompletedSuccessfully);
            }

            await writing;
            store.Fate = (_, _) => RowFate.Happens;
            if (reader is not null)
            {
                var read = Contents(reader);
                Assert.Contains(committed, read.SequenceEqual);
                if (!read.SequenceEqual(committed[^1]))
                {
                    await Assert.ThrowsAsync<StorageUnavailableException>(() => reader.Commit(Notes(++version, [1])));
                }
            }

            Assert.Equal(committed[^1], Contents(await Open(store)));
        }, iter: 500);

    [Fact]
    public async Task Crash_at_any_point_loses_no_acknowledged_entry()
    {
        foreach (var leaves in new[] { false, true })
        {
            var store = new RowStore { LeavesClearedRows = leaves };
            var log = await Open(store);
            List<(RowStore Store, Dictionary<string, int> Acknowledged, Dictionary<string, int> Attempted)> crashes = [];
            Dictionary<string, int> acknowledged = [];
            Dictionary<string, int> attempted = [];
            store.Happened = operation =>
            {
                if (operation != RowOperation.Read)
                {
                    crashes.Add((store.Copy(), acknowledged, attempted));
                }
            };

            var random = new Random(1);
            for (var version = 1; version <= 90; version++)
            {
                var batch = RandomNotes(random, version, keys: 3_000);
                attempted = With(acknowledged, batch);
                await log.Commit(batch);
                acknowledged = attempted;
            }

            Assert.True(store.Clears > 10);
            foreach (var (crashed, before, after) in crashes)
            {
                var next = await Open(crashed);
                var contents = Contents(next);
                Assert.True(contents.SequenceEqual(Sorted(before)) || contents.SequenceEqual(Sorted(after)));

                var expected = contents.ToDictionary(c => c.Key, c => c.Version);
                for (var version = 1_000; version < 1_004; version++)
                {
                    var batch = RandomNotes(random, version, keys: 3_000);
                    expected = With(expected, batch);
                    await next.Commit(batch);
                }

                Assert.Equal(Sorted(expected), Contents(await Open(crashed)));
            }
        }
    }

    [Fact]
    public async Task Log_equals_a_dictionary_of_acknowledged_entries_after_any_failure() =>
        await Gen.Select(Gen.Int, Gen.Double[0, 0.2], Gen.Bool, Gen.Int[1, 1_500]).SampleAsync(async (seed, failures, leaves, keys) =>
        {
            var random = new Random(seed);
            var store = new RowStore { LeavesClearedRows = leaves };
            var ended = false;
            var log = await Open(store, () => ended = true);
            Dictionary<string, int> expected = [];
            for (var version = 1; version <= 60; version++)
            {
                var batch = RandomNotes(random, version, keys);
                store.Fate = (_, _) => random.NextDouble() >= failures ? RowFate.Happens
                    : random.Next(2) == 0 ? RowFate.Fails
                    : RowFate.AnswerIsLost;
                try
                {
                    await log.Commit(batch);
                    expected = With(expected, batch);
                    Assert.False(ended);
                }
                catch (StorageUnavailableException)
                {
                    store.Fate = (_, _) => RowFate.Happens;
                    Assert.True(ended);
                    Assert.Equal(Sorted(expected), Contents(log));
                    ended = false;
                    log = await Open(store, () => ended = true);
                    var contents = Contents(log);
                    var attempted = With(expected, batch);
                    Assert.True(contents.SequenceEqual(Sorted(expected)) || contents.SequenceEqual(Sorted(attempted)));
                    expected = contents.ToDictionary(c => c.Key, c => c.Version);
                }
                finally
                {
                    store.Fate = (_, _) => RowFate.Happens;
                }

                Assert.Equal(Sorted(expected), Contents(log));
            }

            Assert.Equal(Sorted(expected), Contents(await Open(store)));
        }, iter: 150);

    [Fact]
    public async Task Write_costs_the_same_with_a_hundred_and_a_hundred_thousand_entries()
    {
        var small = await CostOfOneEntryAfter(100);
        var great = await CostOfOneEntryAfter(100_000);

        // One for each commit, and one for each segment that is begun.
        Assert.Equal(1_024 + (1_024 / SegmentedLog<Note>.FillBelow), small.Writes);
        Assert.Equal(small.Writes, great.Writes);
        Assert.InRange(great.Bytes, 1, 1.25 * small.Bytes);
        Assert.Equal(small.Reads, great.Reads);
    }

    [Theory]
    [InlineData(1, 20_000, 1.0)]
    [InlineData(100, 20_000, 1.0)]
    [InlineData(1_000, 20_000, 1.0)]
    [InlineData(1, 20_000, 0.1)]
    [InlineData(1_000, 20_000, 0.1)]
    public async Task Cleaning_keeps_pace_with_limited_work_in_each_commit(int batch, int keys, double hot)
    {
        var store = new RowStore();
        var log = await Open(store);
        var random = new Random(3);
        var written = 0;

        // Old segments are small, so that there are many.
        for (; written < keys; written += 260)
        {
            await log.Commit(Notes(1, Enumerable.Range(written, Math.Min(260, keys - written))));
        }

        var greatest = 0L;
        var version = 1;
        var updates = batch == 1 ? 30_000 : 150_000;
        for (written = 0; written < updates; written += batch)
        {
            store.StartCounting();
            version++;
            await log.Commit([.. Enumerable.Range(0, batch).Select(_ => random.Next((int)(keys * hot))).Distinct().Select(key => new Note($"{key}", version, null))]);

            Assert.InRange(store.Writes, 1, 3);
            Assert.InRange(store.Reads, 0, 2 + (2 * SegmentedLog<Note>.MaxRows));
            Assert.InRange(store.Clears, 0, 2 * SegmentedLog<Note>.MaxRows);
            greatest = Math.Max(greatest, log.Stored);
        }

        Assert.Equal(keys, log.Count);
        Assert.InRange(greatest, keys, (hot < 1 ? 3.5 : 2.5) * keys);
        Assert.Equal(Contents(log), Contents(await Open(store)));
        Assert.InRange(store.Rows, 1, log.Segments + 2 + SegmentedLog<Note>.MaxRows);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 9_000_000, 1)]
    [InlineData(1_000, 100, 1_000)]
    [InlineData(1_001, 100, 1_000)]
    [InlineData(1_000, 14_500, 289)]
    public async Task Commit_takes_as_many_entries_as_fit_into_its_bytes(int count, int bytes, int fit)
    {
        ImmutableArray<Note> notes = [.. Enumerable.Range(0, count).Select(i => new Note($"{i:D4}", 1, new('a', bytes - 64)))];

        Assert.Equal(fit, SegmentedLog<Note>.Fit(notes.AsSpan()));
        var log = await Open(new());
        if (fit < count)
        {
            await Assert.ThrowsAsync<ArgumentException>(() => log.Commit(notes));
        }

        if (fit > 0)
        {
            await log.Commit(notes[..fit]);
            Assert.Equal(fit, log.Count);
        }
    }

    [Fact]
    public async Task No_row_has_more_bytes_than_a_provider_takes()
    {
        const int largest = 14_500;
        var store = new RowStore();
        var log = await Open(store);
        var random = new Random(1);
        for (var version = 1; version <= 60; version++)
        {
            // A tail just below its limit, and batches that supersede entries scattered over all segments.
            ImmutableArray<Note> notes =
            [
                .. Enumerable.Range(0, 1_500).Where(_ => random.Next(5) == 0)
                    .Select(i => new Note($"{i:D4}", version, new('a', largest))),
            ];
            for (; !notes.IsEmpty; notes = notes[SegmentedLog<Note>.Fit(notes.AsSpan())..])
            {
                await log.Commit(notes[..SegmentedLog<Note>.Fit(notes.AsSpan())]);
            }
        }

        Assert.True(store.Clears > 0, "Nothing was cleaned.");
        Assert.InRange(store.GreatestRow, 4 * 1024 * 1024, 16 * 1024 * 1024);
    }

    [Fact]
    public async Task No_row_has_more_entries_than_a_segment_may()
    {
        var store = new RowStore();
        var log = await Open(store);
        var random = new Random(4);
        var greatest = 0;
        for (var version = 1; version < 400; version++)
        {
            await log.Commit([.. Enumerable.Range(0, version % 3 == 0 ? 1_000 : 250).Select(_ => random.Next(5_000)).Distinct().Select(key => new Note($"{key}", version, null))]);
            greatest = Math.Max(greatest, log.TailLength);
        }

        Assert.InRange(greatest, 1_300, SegmentedLog<Note>.MaxSegment);
    }

    private static Gen<int> Size { get; } = Gen.Frequency((1, Gen.Int[1, 100]), (1, Gen.Int[1, 800]));

    private static GenArray<int> Sizes => Size.Array;

    private static async Task<(double Bytes, int Writes, int Reads)> CostOfOneEntryAfter(int count)
    {
        var store = new RowStore();
        var log = await Open(store);
        for (var written = 0; written < count; written += 100)
        {
            await log.Commit(Notes(1, Enumerable.Range(written, 100)));
        }

        // Enough commits to fill a segment several times, so that the mean is over all fill levels of a tail.
        const int Commits = 1_024;
        store.StartCounting();
        for (var i = 0; i < Commits; i++)
        {
            await log.Commit(Notes(1, [1_000_000 + i]));
        }

        return ((double)store.BytesWritten / Commits, store.Writes, store.Reads);
    }

    private static async Task<SegmentedLog<Note>> Open(RowStore store, Action? deactivate = null)
    {
        var log = new SegmentedLog<Note>(store, Owner, "notes", deactivate ?? (() => { }), RowStore.Refused, NullLogger.Instance);
        await log.Load();
        return log;
    }

    private static ImmutableArray<Note> Notes(int version, IEnumerable<int> keys) =>
        [.. keys.Select(key => new Note($"{key}", version, null))];

    private static ImmutableArray<Note> RandomNotes(Random random, int version, int keys) =>
        [.. Enumerable.Range(0, random.Next(3) == 0 ? random.Next(1, 1_000) : random.Next(1, 50))
            .Select(_ => random.Next(keys))
            .Distinct()
            .Select(key => new Note($"{key}", version, null))];

    private static Dictionary<string, int> With(Dictionary<string, int> contents, ImmutableArray<Note> batch)
    {
        var next = new Dictionary<string, int>(contents);
        foreach (var note in batch)
        {
            next[note.Key] = note.Version;
        }

        return next;
    }

    private static (string Key, int Version)[] Contents(SegmentedLog<Note> log) =>
        [.. log.Entries.Select(note => (note.Key, note.Version)).OrderBy(c => c.Key, StringComparer.Ordinal)];

    private static (string Key, int Version)[] Sorted(Dictionary<string, int> contents) =>
        [.. contents.Select(c => (c.Key, Version: c.Value)).OrderBy(c => c.Key, StringComparer.Ordinal)];
}

internal sealed record Note(string Key, int Version, string? Text) : ILogEntry<Note>
{
    int ILogEntry<Note>.StoredBytes => StoredSize.Of(60, Key, Text);

    public bool Supersedes(Note other) => Version > other.Version;
}
