using System.Collections.Immutable;
using EngageCenter.Storage;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Storage;

public sealed class StorageTests(SiloFixture fixture) : IClassFixture<SiloFixture>
{
    private const string Name = "note";

    private IGrainStorage Storage => fixture.Silo.Storage;

    [Fact]
    public async Task A_row_that_was_never_written_reads_as_a_new_state()
    {
        var read = await Read(NewId());

        Assert.False(read.RecordExists);
        Assert.Null(read.ETag);
        Assert.Equal(new Note().Text, read.State!.Text);
        Assert.True(read.State!.Open);
    }

    [Fact]
    public async Task What_is_written_comes_back_whole()
    {
        var id = NewId();
        var note = new Note
        {
            Text = "Привіт \u0001 \"quoted\" 🛰 </script>",
            At = new DateTimeOffset(2024, 2, 29, 23, 59, 59, TimeSpan.FromHours(5.5)).AddTicks(1_234_567),
            Took = TimeSpan.FromTicks(1),
            Id = Guid.NewGuid(),
            Mood = Mood.Bad,
            Lines = [new("a", 0.10m, Mood.Good), new("b", decimal.MaxValue, Mood.Bad)],
            ByName = ImmutableDictionary<string, Line>.Empty.Add("ключ/1", new("c", -1, Mood.Good)).Add("", new("d", 0, Mood.Bad)),
        };
        await Write(id, note);

        var read = await Read(id);

        Assert.True(read.RecordExists);
        Assert.Equal(note.Lines.AsEnumerable(), read.State!.Lines.AsEnumerable());
        Assert.Equal(note.ByName.OrderBy(p => p.Key), read.State!.ByName.OrderBy(p => p.Key));
        Assert.Equal(note.At.Offset, read.State!.At.Offset);
        Assert.Equal(note, read.State! with { Lines = note.Lines, ByName = note.ByName });
    }

    [Fact]
    public async Task Values_that_are_the_default_of_their_type_survive_where_the_state_starts_with_others()
    {
        var id = NewId();
        await Write(id, new Note { Open = false, Count = 0, Remark = null, Mood = Mood.Bad });

        var read = (await Read(id)).State!;

        Assert.False(read.Open);
        Assert.Equal(0, read.Count);
        Assert.Null(read.Remark);
        Assert.Equal(Mood.Bad, read.Mood);
    }

    [Fact]
    public async Task A_row_of_four_megabytes_comes_back()
    {
        var id = NewId();
        var text = string.Concat(Enumerable.Repeat("рядок ", 400_000));
        await Write(id, new Note { Text = text });

        Assert.Equal(text, (await Read(id)).State!.Text);
    }

    [Fact]
    public async Task Every_write_and_clear_gives_a_new_etag()
    {
        var state = new GrainState<Note>(new Note());
        var id = NewId();
        var etags = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            await Storage.WriteStateAsync(Name, id, state);
            etags.Add(state.ETag!);
            await Storage.ClearStateAsync(Name, id, state);
            etags.Add(state.ETag!);
        }

        Assert.Equal(etags.Count, etags.Distinct().Count());
    }

    [Fact]
    public async Task A_first_write_conflicts_when_another_came_first()
    {
        var id = NewId();
        await Write(id, new Note { Text = "first" });

        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(id, new Note { Text = "second" }));
        Assert.Equal("first", (await Read(id)).State!.Text);
    }

    [Fact]
    public async Task A_stale_write_conflicts_and_changes_nothing()
    {
        var id = NewId();
        var stale = await Write(id, new Note { Text = "1" });
        var fresh = await Read(id);
        fresh.State = new Note { Text = "2" };
        await Storage.WriteStateAsync(Name, id, fresh);

        stale.State = new Note { Text = "3" };
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, stale));

        Assert.Equal("2", (await Read(id)).State!.Text);
        Assert.Equal(fresh.ETag, (await Read(id)).ETag);
    }

    [Fact]
    public async Task A_stale_clear_conflicts_and_changes_nothing()
    {
        var id = NewId();
        var stale = await Write(id, new Note { Text = "1" });
        var fresh = await Read(id);
        await Storage.WriteStateAsync(Name, id, fresh);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync(Name, id, stale));

        Assert.True((await Read(id)).RecordExists);
    }

    [Fact]
    public async Task A_cleared_row_reads_as_a_new_state_and_can_be_written_again()
    {
        var id = NewId();
        var state = await Write(id, new Note { Text = "before" });
        await Storage.ClearStateAsync(Name, id, state);
        Assert.False(state.RecordExists);
        Assert.Equal("", state.State!.Text);

        var read = await Read(id);
        Assert.False(read.RecordExists);
        Assert.Equal("", read.State!.Text);

        read.State = new Note { Text = "after" };
        await Storage.WriteStateAsync(Name, id, read);
        Assert.Equal("after", (await Read(id)).State!.Text);
    }

    [Fact]
    public async Task Whoever_cleared_a_row_can_write_it_without_reading_again()
    {
        var id = NewId();
        var state = await Write(id, new Note { Text = "before" });
        await Storage.ClearStateAsync(Name, id, state);

        state.State = new Note { Text = "after" };
        await Storage.WriteStateAsync(Name, id, state);

        Assert.True(state.RecordExists);
        Assert.Equal("after", (await Read(id)).State!.Text);
    }

    [Fact]
    public async Task A_version_from_before_a_clear_cannot_overwrite_what_came_after_it()
    {
        var id = NewId();
        var state = await Write(id, new Note { Text = "1" });
        var stale = await Read(id);
        await Storage.ClearStateAsync(Name, id, state);
        await Storage.WriteStateAsync(Name, id, state);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, stale));
    }

    [Fact]
    public async Task Clearing_what_was_never_written_does_nothing()
    {
        var id = NewId();
        await Storage.ClearStateAsync(Name, id, new GrainState<Note>());

        Assert.Null((await Read(id)).ETag);
        await Write(id, new Note());
    }

    [Theory]
    [MemberData(nameof(LookAlikes))]
    public async Task Keys_that_look_alike_are_different_grains(string[] keys)
    {
        var type = $"t{Guid.NewGuid():N}";
        foreach (var key in keys)
        {
            await Write(GrainId.Create(type, key), new Note { Text = key });
        }

        foreach (var key in keys)
        {
            Assert.Equal(key, (await Read(GrainId.Create(type, key))).State!.Text);
        }
    }

    public static TheoryData<string[]> LookAlikes()
    {
        var guid = Guid.NewGuid();
        return
        [
            // Hexadecimal numbers, in other writing.
            ["abc", "ABC", "0abc", "+abc"],
            ["1", "01", "001", "1+", "01+", "1+x", "01+x"],
            [$"{guid:N}", $"{guid:N}".ToUpperInvariant(), $"{guid:D}", $"{guid:N}+x", $"{guid:N}".ToUpperInvariant() + "+x"],
            ["0", $"{Guid.Empty:N}", "0+", "-0"],
            // Unicode that a collation would fold, and quotes.
            ["київ", "Київ", "ки\u0456\u0308в", "київ ", " київ"],
            ["é", "e\u0301"],
            ["a/b", "a%2Fb", "a", "a/", "/a", "a\\b", "a b", "a\nb"],
            ["'; DROP TABLE OrleansStorage; --", "'", "\"", "%", "_", "*"],
            [new string('x', 10_000), new string('x', 9_999), new string('x', 9_999) + "y"],
        ];
    }

    [Fact]
    public async Task Type_key_and_state_name_do_not_run_into_each_other()
    {
        (string Name, GrainId Id)[] rows =
        [
            ("c", GrainId.Create("a/b", "c")), ("c", GrainId.Create("a", "b/c")), ("c", GrainId.Create("a%2Fb", "c")),
            ("b/c", GrainId.Create("a", "c")), ("c", GrainId.Create("a", "b+c")), ("c", GrainId.Create("a", "b")),
            ("c+b", GrainId.Create("a", "b")), ("c", GrainId.Create("other", "b")), ("C", GrainId.Create("a", "b")),
            ("справи-1", GrainId.Create("a", "b")), ("справи-10", GrainId.Create("a", "b")), ("", GrainId.Create("a", "b")),
            ("x`1[[y]]", GrainId.Create("a", "b")), ("x`1[[z]]", GrainId.Create("a", "b")), ("x", GrainId.Create("a", "b")),
            ("x`not a number", GrainId.Create("a", "b")), ("x%60", GrainId.Create("a", "b")), ("x`", GrainId.Create("a", "b")),
            (new string('n', 5_000), GrainId.Create("a", "b")),
        ];
        for (var i = 0; i < rows.Length; i++)
        {
            await Storage.WriteStateAsync(rows[i].Name, rows[i].Id, new GrainState<Note>(new Note { Count = i }));
        }

        for (var i = 0; i < rows.Length; i++)
        {
            var read = new GrainState<Note>();
            await Storage.ReadStateAsync(rows[i].Name, rows[i].Id, read);
            Assert.Equal(i, read.State!.Count);
        }
    }

    [Fact]
    public async Task Of_ten_parallel_writes_of_one_version_one_succeeds_for_each_of_a_hundred_grains()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 100).Select(_ => NewId()), async (id, _) =>
        {
            var before = await Write(id, new Note { Text = "before" });
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => Task.Run(async () =>
            {
                var state = new GrainState<Note>(new Note { Text = $"{n}" }, before.ETag) { RecordExists = true };
                try
                {
                    await Storage.WriteStateAsync(Name, id, state);
                    return state;
                }
                catch (InconsistentStateException)
                {
                    return null;
                }
            })));

            var winner = Assert.Single(outcomes, state => state is not null)!;
            var read = await Read(id);
            Assert.Equal(winner.State!.Text, read.State!.Text);
            Assert.Equal(winner.ETag, read.ETag);
        });
    }

    [Fact]
    public async Task A_thousand_grains_write_at_once_and_none_fails()
    {
        var ids = Enumerable.Range(0, 1_000).Select(_ => NewId()).ToList();

        await Task.WhenAll(ids.Select(id => Task.Run(() => Write(id, new Note { Text = id.ToString() }))));

        foreach (var id in ids)
        {
            Assert.Equal(id.ToString(), (await Read(id)).State!.Text);
        }
    }

    private static GrainId NewId() => GrainId.Create("note", Guid.NewGuid().ToString("N"));

    private async Task<GrainState<Note>> Read(GrainId id)
    {
        var state = new GrainState<Note>();
        await Storage.ReadStateAsync(Name, id, state);
        return state;
    }

    private async Task<GrainState<Note>> Write(GrainId id, Note note)
    {
        var state = new GrainState<Note>(note);
        await Storage.WriteStateAsync(Name, id, state);
        return state;
    }
}
