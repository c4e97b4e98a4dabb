using System.Collections.Immutable;
using EngageCenter.Storage;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Storage;

/// <summary>Tests what Orleans may expect of any grain storage provider.</summary>
public abstract class GrainStorageTests
{
    private const string Name = "note";

    private protected abstract IGrainStorage Storage { get; }

    /// <summary>Whether a cleared state keeps a version.</summary>
    private protected abstract bool KeepsVersionAfterClear { get; }

    /// <summary>Starts a second silo on the same store.</summary>
    private protected abstract Task<(IGrainStorage Storage, IAsyncDisposable Silo)> StartSecond();

    [Fact]
    public async Task Unwritten_state_reads_as_a_new_one()
    {
        var state = new GrainState<Note>(null!, "an etag from before") { RecordExists = true };

        await Storage.ReadStateAsync(Name, NewId(), state);

        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Equal(new Note().Text, state.State!.Text);
        Assert.True(state.State!.Open);
    }

    [Fact]
    public async Task Written_state_is_read_completely()
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
    public async Task Default_values_survive_if_the_initial_state_has_other_values()
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
    public async Task State_of_eight_megabytes_is_read_and_replaced_conditionally()
    {
        var id = NewId();
        var text = string.Concat(Enumerable.Repeat("рядок ", 800_000));
        var state = await Write(id, new Note { Text = text });
        var stale = await Read(id);
        Assert.Equal(text, stale.State!.Text);

        state.State = new Note { Text = text + "!" };
        await Storage.WriteStateAsync(Name, id, state);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(id, new Note { Text = text }));
        Assert.Equal(text + "!", (await Read(id)).State!.Text);
    }

    [Fact]
    public async Task State_is_never_null()
    {
        var id = NewId();
        var state = new GrainState<Note>(null!);
        await Assert.ThrowsAnyAsync<Exception>(() => Storage.WriteStateAsync(Name, id, state));
        Assert.False((await Read(id)).RecordExists);

        await Write(id, new Note());
        await Storage.ReadStateAsync(Name, id, state);
        Assert.NotNull(state.State);
        state.State = null!;
        await Storage.ClearStateAsync(Name, id, state);
        Assert.NotNull(state.State);
    }

    [Fact]
    public async Task State_may_be_a_value_type()
    {
        var id = NewId();
        var state = new GrainState<DateOnly>();
        await Storage.ReadStateAsync(Name, id, state);
        Assert.False(state.RecordExists);

        state.State = new(2026, 3, 1);
        await Storage.WriteStateAsync(Name, id, state);

        var read = new GrainState<DateOnly>();
        await Storage.ReadStateAsync(Name, id, read);
        Assert.True(read.RecordExists);
        Assert.Equal(state.State, read.State);
    }

    [Fact]
    public async Task Every_write_gives_a_new_etag_even_after_a_clear()
    {
        var state = new GrainState<Note>(new Note());
        var id = NewId();
        var etags = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            await Storage.WriteStateAsync(Name, id, state);
            Assert.True(state.RecordExists);
            etags.Add(state.ETag!);
            if (i % 3 == 2)
            {
                await Storage.ClearStateAsync(Name, id, state);
                Assert.Equal(KeepsVersionAfterClear, !string.IsNullOrEmpty(state.ETag));
            }
        }

        Assert.DoesNotContain(etags, string.IsNullOrEmpty);
        Assert.Equal(etags.Count, etags.Distinct().Count());
    }

    [Fact]
    public async Task Reading_again_gives_the_same_etag()
    {
        var id = NewId();
        var written = await Write(id, new Note());

        Assert.Equal(written.ETag, (await Read(id)).ETag);
        Assert.Equal(written.ETag, (await Read(id)).ETag);
    }

    [Fact]
    public async Task First_write_conflicts_if_another_came_first()
    {
        var id = NewId();
        await Write(id, new Note { Text = "first" });

        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(id, new Note { Text = "second" }));

        Assert.Equal("first", (await Read(id)).State!.Text);
    }

    [Fact]
    public async Task Stale_write_conflicts_and_changes_nothing()
    {
        var id = NewId();
        var stale = await Write(id, new Note { Text = "1" });
        var etag = stale.ETag;
        var fresh = await Read(id);
        fresh.State = new Note { Text = "2" };
        await Storage.WriteStateAsync(Name, id, fresh);

        stale.State = new Note { Text = "3" };
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, stale));

        Assert.Equal(etag, stale.ETag);
        Assert.Equal("2", (await Read(id)).State!.Text);
        Assert.Equal(fresh.ETag, (await Read(id)).ETag);
    }

    [Fact]
    public async Task Stale_clear_conflicts_and_changes_nothing()
    {
        var id = NewId();
        var stale = await Write(id, new Note { Text = "1" });
        var fresh = await Read(id);
        await Storage.WriteStateAsync(Name, id, fresh);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync(Name, id, stale));

        Assert.Equal("1", stale.State!.Text);
        Assert.True((await Read(id)).RecordExists);
    }

    [Fact]
    public async Task Clearing_an_unwritten_state_does_nothing()
    {
        var id = NewId();

        await Storage.ClearStateAsync(Name, id, new GrainState<Note>());

        Assert.Null((await Read(id)).ETag);
        await Write(id, new Note());
    }

    [Fact]
    public async Task Clearing_an_already_cleared_state_leaves_it_cleared()
    {
        var id = NewId();
        var one = await Write(id, new Note());
        var other = await Read(id);
        await Storage.ClearStateAsync(Name, id, one);

        try
        {
            await Storage.ClearStateAsync(Name, id, other);
            Assert.Null(other.ETag);
        }
        catch (InconsistentStateException)
        {
            // Some stores compare the version first; others first notice that the state is gone.
            Assert.NotNull(other.ETag);
        }

        Assert.False((await Read(id)).RecordExists);
    }

    [Fact]
    public async Task Cleared_state_reads_as_a_new_one_and_can_be_written_again()
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
    public async Task State_can_be_written_after_a_clear_without_reading_again()
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
    public async Task Version_from_before_a_clear_cannot_overwrite_a_later_state()
    {
        var id = NewId();
        var state = await Write(id, new Note { Text = "1" });
        var stale = await Read(id);
        await Storage.ClearStateAsync(Name, id, state);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, stale));

        await Storage.WriteStateAsync(Name, id, state);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync(Name, id, stale));
    }

    [Theory]
    [MemberData(nameof(LookAlikes))]
    public async Task Similar_keys_are_different_grains(string[] keys)
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
            ["abc", "ABC", "0abc", "+abc"],
            ["1", "01", "001", "1+", "01+", "1+x", "01+x"],
            [$"{guid:N}", $"{guid:N}".ToUpperInvariant(), $"{guid:D}", $"{guid:N}+x"],
            // Unicode that a collation would treat as equal.
            ["київ", "Київ", "ки\u0456\u0308в", "київ ", " київ", "КИЇВ"],
            ["é", "e\u0301", "🛰", "%F0%9F%9B%B0"],
            // Characters with a meaning in an address.
            ["a/b", "a%2Fb", "a%252Fb", "a", "a/", "/a", "a//b", "a b", "a+b", "a%20b"],
            ["a?b", "a#b", "a&b=c", "a;b", "a:b", "a@b", "?", "#", "%", "~", "a.", ".", "..", "a..b"],
            ["'", "\"", "<", ">", "|", "*", "_", "$", "^", "`", "[", "]"],
            [new string('x', 900), new string('x', 899), new string('x', 899) + "y"],
        ];
    }

    [Fact]
    public async Task Type_key_and_state_name_are_kept_apart()
    {
        var a = $"a{Guid.NewGuid():N}";
        (string Name, GrainId Id)[] states =
        [
            ("c", GrainId.Create($"{a}/b", "c2")), ("c", GrainId.Create(a, "b/c")), ("c", GrainId.Create($"{a}%2Fb", "c")),
            ("b/c", GrainId.Create(a, "c")), ("c", GrainId.Create(a, "b")), ("C", GrainId.Create(a, "b")),
            ("c", GrainId.Create($"other{a}", "b")), ("справи-1", GrainId.Create(a, "b")), ("справи-10", GrainId.Create(a, "b")),
            ("", GrainId.Create(a, "b")), ("x`1[[y]]", GrainId.Create(a, "b")), ("x`1[[z]]", GrainId.Create(a, "b")),
        ];
        for (var i = 0; i < states.Length; i++)
        {
            await Storage.WriteStateAsync(states[i].Name, states[i].Id, new GrainState<Note>(new Note { Count = i }));
        }

        for (var i = 0; i < states.Length; i++)
        {
            var read = new GrainState<Note>();
            await Storage.ReadStateAsync(states[i].Name, states[i].Id, read);
            Assert.Equal(i, read.State!.Count);
        }
    }

    [Fact]
    public async Task One_of_ten_parallel_writes_of_a_version_succeeds_for_each_grain()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 100).Select(_ => NewId()), async (id, _) =>
        {
            var before = await Write(id, new Note { Text = "before" });

            await OneSucceeds(id, before.ETag);
        });
    }

    [Fact]
    public async Task One_of_ten_parallel_first_writes_succeeds_for_each_grain() =>
        await Parallel.ForEachAsync(Enumerable.Range(0, 100).Select(_ => NewId()), async (id, _) => await OneSucceeds(id, null));

    [Fact]
    public async Task Write_after_reading_no_state_conflicts_with_a_newer_state()
    {
        var id = NewId();
        var unaware = await Read(id);
        await Write(id, new Note { Text = "1" });

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, unaware));

        Assert.Equal("1", (await Read(id)).State!.Text);
    }

    [Fact]
    public async Task Version_from_before_a_rewrite_is_never_current_again()
    {
        var id = NewId();
        var state = await Write(id, new Note { Text = "1" });
        var stale = await Read(id);
        for (var n = 0; n < 3; n++)
        {
            await Storage.ClearStateAsync(Name, id, state);
            state.State = new Note { Text = "1" };
            await Storage.WriteStateAsync(Name, id, state);

            await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, stale));
        }
    }

    [Fact]
    public async Task Largest_state_is_stored_and_a_larger_one_changes_nothing()
    {
        var id = NewId();
        var state = await Write(id, new Note { Text = new('x', StoredJson.MaxStateBytes - 500) });

        state.State = new Note { Text = new('y', StoredJson.MaxStateBytes) };
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => Storage.WriteStateAsync(Name, id, state));

        Assert.Contains($"{StoredJson.MaxStateBytes}", refusal.ToString(), StringComparison.Ordinal);
        Assert.Equal(StoredJson.MaxStateBytes - 500, (await Read(id)).State!.Text.Length);
    }

    [Fact]
    public async Task Two_silos_on_one_store_see_each_others_writes_and_conflict()
    {
        var (second, silo) = await StartSecond();
        await using var _ = silo;
        var id = NewId();
        var one = await Write(id, new Note { Text = "one" });

        var two = new GrainState<Note>();
        await second.ReadStateAsync(Name, id, two);
        Assert.Equal("one", two.State!.Text);
        await second.WriteStateAsync(Name, id, two);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync(Name, id, one));
    }

    private async Task OneSucceeds(GrainId id, string? etag)
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => Task.Run(async () =>
        {
            var state = new GrainState<Note>(new Note { Text = $"{n}" }, etag!) { RecordExists = etag is not null };
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
    }

    private protected static GrainId NewId() => GrainId.Create("note", Guid.NewGuid().ToString("N"));

    private protected async Task<GrainState<Note>> Read(GrainId id)
    {
        var state = new GrainState<Note>();
        await Storage.ReadStateAsync(Name, id, state);
        return state;
    }

    private protected async Task<GrainState<Note>> Write(GrainId id, Note note)
    {
        var state = new GrainState<Note>(note);
        await Storage.WriteStateAsync(Name, id, state);
        return state;
    }
}
