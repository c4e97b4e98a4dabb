using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;

namespace EngageCenter.Storage;

public class BatchedLogTests
{
    // The first commit of a log writes its end too.
    private const int End = 1;

    private readonly RowStore store = new();
    private readonly List<string> told = [];
    private bool ended;
    private TaskCompletionSource? held;

    [Fact]
    public async Task Entries_during_a_write_share_the_next_write()
    {
        var log = await Open();
        Hold();
        var first = log.Store(new("first", 1, null));
        var others = Enumerable.Range(0, 10).Select(n => log.Store(new($"{n}", 1, null))).ToList();
        Assert.Equal(0, store.Writes);
        Assert.All(others.Append(first), t => Assert.False(t.IsCompleted));

        Release();
        await Task.WhenAll(others.Append(first));

        Assert.Equal(2 + End, store.Writes);
        Assert.Equal(["first", .. Enumerable.Range(0, 10).Select(n => $"{n}")], told);
        Assert.Equal(11, (await Contents()).Count);
    }

    [Fact]
    public async Task Entries_of_a_write_are_limited_and_the_first_ones_go_first()
    {
        var log = await Open(maxBatch: 3);
        Hold();
        var all = Enumerable.Range(0, 8).Select(n => log.Store(new($"{n}", 1, null))).ToList();
        List<int> sizes = [];
        var before = 0;
        store.Happened = operation =>
        {
            if (operation == RowOperation.Write)
            {
                sizes.Add(told.Count - before);
                before = told.Count;
            }
        };

        Release();
        await Task.WhenAll(all);

        // Entries are passed on after their write: before the first write and that of the log's end none was.
        Assert.Equal([0, 0, 1, 3, 3, 1], [.. sizes, told.Count - before]);
        Assert.Equal(Enumerable.Range(0, 8).Select(n => $"{n}"), told);
    }

    [Fact]
    public async Task Bytes_of_a_write_are_limited_and_the_rest_goes_with_the_next_write()
    {
        var log = await Open();
        Hold();
        var first = log.Store(new("first", 1, null));
        var large = Enumerable.Range(0, 7).Select(n => log.Store(new($"{n}", 1, new('a', 1024 * 1024)))).ToList();

        Release();
        await Task.WhenAll(large.Append(first));

        // Three entries of slightly more than 1 MiB fit into 4 MiB.
        Assert.Equal(1 + 3 + End, store.Writes);
        Assert.Equal(["first", .. Enumerable.Range(0, 7).Select(n => $"{n}")], told);
        Assert.Equal(8, (await Contents()).Count);
    }

    [Fact]
    public async Task Entry_during_a_write_does_not_overtake_waiting_ones()
    {
        var log = await Open(maxBatch: 2);
        Hold();
        List<Task> all = [.. new[] { "first", "a", "b", "c", "d", "e" }.Select(key => log.Store(new(key, 1, null)))];
        var late = 0;
        store.Happened = operation =>
        {
            if (operation == RowOperation.Write && late < 6)
            {
                all.AddRange([log.Store(new($"late-{late++}", 1, null)), log.Store(new($"late-{late++}", 1, null))]);
            }
        };

        Release();
        await Task.WhenAll(all);

        Assert.Equal(["first", "a", "b", "c", "d", "e", .. Enumerable.Range(0, 6).Select(n => $"late-{n}")], told);
    }

    [Theory]
    [InlineData(RowFate.Fails)]
    [InlineData(RowFate.AnswerIsLost)]
    internal async Task Failure_reaches_every_waiting_caller_and_ends_the_activation(RowFate fate)
    {
        var log = await Open(maxBatch: 2);
        await log.Store(new("stored", 1, null));
        Hold();
        var waiting = Enumerable.Range(0, 7).Select(n => log.Store(new($"{n}", 1, null))).ToList();
        store.Fate = (operation, _) => operation == RowOperation.Write ? fate : RowFate.Happens;

        Release();

        foreach (var task in waiting)
        {
            await Assert.ThrowsAsync<StorageUnavailableException>(() => task);
        }

        Assert.True(ended);
        Assert.Equal(["stored"], told);
        store.Fate = (_, _) => RowFate.Happens;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => log.Store(new("later", 1, null)));
        Assert.Equal(fate == RowFate.Fails ? 1 : 2, (await Contents()).Count);
    }

    [Fact]
    public async Task Exception_in_onStored_ends_the_activation()
    {
        var log = await Open(onStored: _ => throw new InvalidOperationException("It does not fit."));

        await Assert.ThrowsAsync<InvalidOperationException>(() => log.Store(new("one", 1, null)));

        Assert.True(ended);
        Assert.Equal(1, (await Contents())["one"]);
    }

    [Fact]
    public async Task Latest_entry_of_a_key_during_a_write_is_stored_and_all_callers_are_answered()
    {
        var log = await Open();
        Hold();
        Task[] all =
        [
            log.Store(new("one", 1, null)), log.Store(new("one", 2, null)), log.Store(new("one", 4, null)), log.Store(new("one", 3, null)),
            log.Store(new("one", 1, null)),
        ];
        Assert.Equal(4, log.Accepted("one")!.Version);

        Release();
        await Task.WhenAll(all);

        Assert.Equal(2 + End, store.Writes);
        Assert.Equal(["one", "one"], told);
        Assert.Equal(4, (await Contents())["one"]);
    }

    [Fact]
    public async Task Repeated_entry_is_answered_by_the_running_write_and_not_written_twice()
    {
        var log = await Open();
        Hold();
        var (first, again) = (log.Store(new("one", 1, null)), log.Store(new("one", 1, null)));
        Assert.False(again.IsCompleted);

        Release();
        await Task.WhenAll(first, again);
        await log.Store(new("one", 1, null));

        Assert.Equal(1 + End, store.Writes);
        Assert.Equal(["one"], told);
    }

    [Fact]
    public async Task Older_entry_is_answered_by_the_running_write_and_never_stored()
    {
        var log = await Open();
        Hold();
        var (newer, older) = (log.Store(new("one", 2, null)), log.Store(new("one", 1, null)));
        Assert.Equal(2, log.Accepted("one")!.Version);
        Assert.False(older.IsCompleted);

        store.Fate = (operation, _) => operation == RowOperation.Write ? RowFate.Fails : RowFate.Happens;
        Release();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => newer);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => older);
    }

    [Fact]
    public async Task Accepted_entry_is_found_while_it_waits_is_written_and_is_stored()
    {
        var log = await Open();
        await log.Store(new("one", 1, null));
        Assert.Equal((1, null), (log.Accepted("one")?.Version, log.Accepted("two")));

        Hold();
        var writing = log.Store(new("one", 2, null));
        Assert.Equal(2, log.Accepted("one")!.Version);
        var waiting = Task.WhenAll(log.Store(new("one", 3, null)), log.Store(new("two", 1, null)));
        Assert.Equal((3, 1), (log.Accepted("one")!.Version, log.Accepted("two")!.Version));

        Release();
        await Task.WhenAll(writing, waiting);
        Assert.Equal((3, 1), (log.Accepted("one")!.Version, log.Accepted("two")!.Version));
    }

    [Fact]
    public async Task Entries_above_the_limit_are_refused_and_others_are_stored()
    {
        var log = await Open(maxWaiting: 2);
        Hold();
        Task[] taken = [log.Store(new("writing", 1, null)), log.Store(new("one", 1, null)), log.Store(new("two", 1, null))];
        await Assert.ThrowsAsync<StorageUnavailableException>(() => log.Store(new("three", 1, null)));

        // An entry that replaces a waiting one takes no further place.
        var newer = log.Store(new("two", 2, null));
        Release();
        await Task.WhenAll([.. taken, newer]);

        Assert.False(ended);
        Assert.Equal([("one", 1), ("two", 2), ("writing", 1)], (await Contents()).Select(c => (c.Key, c.Value)).Order());
        await log.Store(new("three", 1, null));
    }

    [Fact]
    public async Task Pending_counts_new_keys_until_they_are_passed_on()
    {
        var log = await Open();
        await log.Store(new("old", 1, null));
        Assert.Equal(0, log.Pending);

        Hold();
        List<Task> all = [log.Store(new("old", 2, null))];
        Assert.Equal(0, log.Pending);
        all.AddRange([log.Store(new("new", 1, null)), log.Store(new("new", 2, null)), log.Store(new("other", 1, null)), log.Store(new("old", 3, null))]);
        Assert.Equal(2, log.Pending);

        Release();
        await Task.WhenAll(all);
        Assert.Equal(0, log.Pending);
    }

    [Fact]
    public async Task Passed_on_and_pending_keys_are_always_all_keys() =>
        await Gen.Select(Gen.Int[0, 5], Gen.Int[1, 9], Gen.Bool).Array[1, 60].SampleAsync(async steps =>
        {
            var test = new BatchedLogTests();
            var log = await test.Open(maxBatch: 2);
            List<Task> stored = [];
            Dictionary<string, int> accepted = [];
            foreach (var (key, version, release) in steps)
            {
                if (release)
                {
                    test.Release();
                    test.Hold();
                }

                stored.Add(log.Store(new($"{key}", version, null)));
                accepted[$"{key}"] = Math.Max(version, accepted.GetValueOrDefault($"{key}"));
                Assert.Equal(accepted[$"{key}"], log.Accepted($"{key}")!.Version);
                Assert.Equal(accepted.Count, test.told.Distinct().Count() + log.Pending);
            }

            test.Release();
            await Task.WhenAll(stored);
            Assert.Equal(accepted.OrderBy(a => a.Key), (await test.Contents()).OrderBy(c => c.Key));
        }, iter: 300);

    private void Hold()
    {
        var gate = held = new();
        store.Begins = (operation, _) => operation == RowOperation.Write ? gate.Task : Task.CompletedTask;
    }

    // Code that waits for the released write continues within this call.
    private void Release()
    {
        store.Begins = (_, _) => Task.CompletedTask;
        held?.SetResult();
        held = null;
    }

    private async Task<BatchedLog<Note>> Open(int maxBatch = 100, int maxWaiting = 1_000, Action<IReadOnlyList<Note>>? onStored = null)
    {
        var log = Log();
        await log.Load();
        return new(log, maxBatch, maxWaiting, onStored ?? (news => told.AddRange(news.Select(n => n.Key))), () => ended = true);
    }

    private async Task<Dictionary<string, int>> Contents()
    {
        var log = Log();
        await log.Load();
        return log.Entries.ToDictionary(n => n.Key, n => n.Version);
    }

    private SegmentedLog<Note> Log() => new(store, GrainId.Create("notes", "one"), "notes", () => { }, RowStore.Refused, NullLogger.Instance);
}
