using CsCheck;

namespace EngageCenter.Reminders;

/// <summary>What Orleans expects of a table of reminders, for any store.</summary>
public abstract class ReminderTableTests
{
    private const uint Middle = 0x80000000;

    private readonly string service = Guid.NewGuid().ToString("N");

    /// <summary>Opens the table as a silo of this service does.</summary>
    private protected abstract Task<IReminderTable> Open(string serviceId);

    /// <summary>The precision with which the store keeps times; the rest is cut off.</summary>
    private protected virtual TimeSpan Resolution => TimeSpan.FromTicks(1);

    /// <summary>Whether the store marks its times as UTC. All of them are in UTC.</summary>
    private protected virtual DateTimeKind Kind => DateTimeKind.Utc;

    [Fact]
    public async Task Reminder_is_read_as_written_even_by_a_later_silo()
    {
        var written = Entry("schedule", "2b9c/a/Ключ \"x\", 'y'", "next run: Ü");
        var etag = await (await Open(service)).UpsertRow(written);

        var read = await (await Open(service)).ReadRow(written.GrainId, written.ReminderName);

        Assert.NotNull(read);
        Assert.Equal(written.GrainId, read.GrainId);
        Assert.Equal(written.ReminderName, read.ReminderName);
        Assert.Equal(Kind, read.StartAt.Kind);
        Assert.Equal(Kept(written.StartAt), read.StartAt);
        Assert.Equal(written.Period, read.Period);
        Assert.Equal(etag, read.ETag);
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00.0000000Z", 0)]
    [InlineData("2028-02-29T23:59:59.9999999Z", 60_000)]
    [InlineData("9999-12-31T23:59:59.9999999Z", 31_536_000_000)]
    public async Task Times_keep_the_stores_resolution_and_periods_may_be_long(string at, long milliseconds)
    {
        var table = await Open(service);
        var written = Entry("schedule", "1", "run", DateTimeOffset.Parse(at).UtcDateTime, TimeSpan.FromMilliseconds(milliseconds));
        await table.UpsertRow(written);

        var read = await table.ReadRow(written.GrainId, "run");

        Assert.Equal((Kept(written.StartAt), written.Period), (read!.StartAt, read.Period));
    }

    [Fact]
    public async Task Rewritten_reminder_is_replaced_with_a_new_etag()
    {
        var table = await Open(service);
        var first = await table.UpsertRow(Entry("schedule", "1", "run"));

        var second = await table.UpsertRow(Entry("schedule", "1", "run", DateTime.UnixEpoch, TimeSpan.FromDays(7)));

        Assert.NotEqual(first, second);
        var row = Assert.Single((await table.ReadRows(Id("schedule", "1"))).Reminders);
        Assert.Equal((DateTime.UnixEpoch, TimeSpan.FromDays(7), second), (row.StartAt, row.Period, row.ETag));
    }

    [Fact]
    public async Task Grain_has_only_its_own_reminders()
    {
        var table = await Open(service);
        string[][] all = [["schedule", "a", "run"], ["schedule", "a", "runs"], ["schedule", "a", "RUN"], ["schedule", "A", "run"], ["schedule", "ab", "run"], ["schedules", "a", "run"]];
        foreach (var one in all)
        {
            await table.UpsertRow(Entry(one[0], one[1], one[2]));
        }

        Assert.Equal(["RUN", "run", "runs"], Names(await table.ReadRows(Id("schedule", "a"))));
        Assert.Equal(["run"], Names(await table.ReadRows(Id("schedule", "ab"))));
        Assert.Equal("runs", (await table.ReadRow(Id("schedule", "a"), "runs"))!.ReminderName);
        Assert.Null(await table.ReadRow(Id("schedule", "a"), "ru"));
        Assert.Empty((await table.ReadRows(Id("schedule", "b"))).Reminders);
    }

    [Fact]
    public async Task Row_is_removed_only_with_its_current_etag()
    {
        var table = await Open(service);
        var id = Id("schedule", "1");
        var old = await table.UpsertRow(Entry("schedule", "1", "run"));
        var current = await table.UpsertRow(Entry("schedule", "1", "run"));
        await table.UpsertRow(Entry("schedule", "1", "other"));

        Assert.False(await table.RemoveRow(id, "run", old!));
        Assert.False(await table.RemoveRow(id, "other", current!));
        Assert.False(await table.RemoveRow(Id("schedule", "2"), "run", current!));
        Assert.Equal(2, (await table.ReadRows(id)).Reminders.Count);

        Assert.True(await table.RemoveRow(id, "run", current!));
        Assert.False(await table.RemoveRow(id, "run", current!));
        Assert.Equal(["other"], Names(await table.ReadRows(id)));
    }

    [Fact]
    public async Task Etag_from_before_a_removal_does_not_match_a_new_reminder()
    {
        var table = await Open(service);
        var id = Id("schedule", "1");
        var removed = await table.UpsertRow(Entry("schedule", "1", "run"));
        await table.RemoveRow(id, "run", removed!);

        var since = await (await Open(service)).UpsertRow(Entry("schedule", "1", "run"));

        Assert.NotEqual(removed, since);
        Assert.False(await table.RemoveRow(id, "run", removed!));
        Assert.NotNull(await table.ReadRow(id, "run"));
    }

    // A silo reads its own part of the ring: after the begin, up to and including the end. One part wraps around from the
    // greatest hash to the smallest.
    [Fact]
    public async Task Every_range_of_the_ring_has_the_reminders_with_hashes_in_it()
    {
        var table = await Open(service);
        GrainId[] ids = [.. Enumerable.Range(0, 200).Select(i => Id("schedule", $"{i}"))];
        await Task.WhenAll(ids.Select(id => table.UpsertRow(Entry(id, "run"))));
        uint[] hashes = [.. ids.Select(id => id.GetUniformHashCode())];
        Assert.Contains(hashes, hash => hash < Middle);
        Assert.Contains(hashes, hash => hash > Middle);

        // Positions on a hash, beside it, at the edges of both number formats, and anywhere.
        var edge = Gen.OneOf(
            Gen.OneOf(hashes),
            Gen.OneOf(hashes).Select(hash => hash - 1),
            Gen.OneOf(0u, 1u, Middle - 1, Middle, Middle + 1, uint.MaxValue - 1, uint.MaxValue),
            Gen.UInt);
        var part = Gen.OneOf(Gen.Select(edge, edge), edge.Select(at => (at, at)));

        await part.SampleAsync(
            async range =>
            {
                var (begin, end) = range;
                var expected = ids.Where(id => IsIn(id.GetUniformHashCode(), begin, end)).Order();
                return expected.SequenceEqual((await table.ReadRows(begin, end)).Reminders.Select(r => r.GrainId).Order());
            },
            iter: 400,
            threads: 1);
    }

    [Fact]
    public async Task Services_in_one_store_do_not_see_reminders_of_each_other()
    {
        var (mine, theirs) = (await Open(service), await Open(service + "-other"));
        var etag = await mine.UpsertRow(Entry("schedule", "1", "run"));
        await theirs.UpsertRow(Entry("schedule", "1", "run", DateTime.UnixEpoch));

        Assert.Equal(Kept(Moment), (await mine.ReadRow(Id("schedule", "1"), "run"))!.StartAt);
        Assert.Equal(DateTime.UnixEpoch, Assert.Single((await theirs.ReadRows(0, 0)).Reminders).StartAt);
        Assert.False(await theirs.RemoveRow(Id("schedule", "1"), "run", etag!));
        await theirs.TestOnlyClearTable();
        Assert.Single((await mine.ReadRows(0, 0)).Reminders);
    }

    [Fact]
    public async Task Parallel_writes_of_silos_are_all_stored()
    {
        IReminderTable[] silos = [await Open(service), await Open(service)];

        var etags = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () =>
        {
            await silos[i % 2].UpsertRow(Entry("schedule", $"{i}", "run"));
            return await silos[i % 2].UpsertRow(Entry("schedule", "same", "run"));
        })));

        Assert.Equal(100, etags.Distinct().Count());
        var all = (await silos[0].ReadRows(0, 0)).Reminders;
        Assert.Equal(101, all.Count);
        Assert.Contains(Assert.Single(all, r => r.GrainId == Id("schedule", "same")).ETag, etags);
    }

    private static DateTime Moment { get; } = new DateTime(2026, 11, 25, 7, 30, 15, DateTimeKind.Utc).AddTicks(1_234_567);

    private DateTime Kept(DateTime at) => at.AddTicks(-(at.Ticks % Resolution.Ticks));

    private static bool IsIn(uint hash, uint begin, uint end) =>
        begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;

    private static GrainId Id(string type, string key) => GrainId.Create(type, key);

    private static ReminderEntry Entry(string type, string key, string name, DateTime? at = null, TimeSpan? period = null) =>
        Entry(Id(type, key), name, at, period);

    private static ReminderEntry Entry(GrainId id, string name, DateTime? at = null, TimeSpan? period = null) =>
        new() { GrainId = id, ReminderName = name, StartAt = at ?? Moment, Period = period ?? TimeSpan.FromDays(1) };

    private static IEnumerable<string> Names(ReminderTableData rows) => rows.Reminders.Select(r => r.ReminderName).Order(StringComparer.Ordinal);
}
