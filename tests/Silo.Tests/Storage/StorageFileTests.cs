using System.Data.Common;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.Silo.Tests.Storage;

public sealed class StorageFileTests : IDisposable
{
    private static readonly GrainId Id = GrainId.Create("note", "1");

    private readonly SqliteFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Second_silo_on_the_file_reads_what_the_first_wrote()
    {
        var written = new GrainState<Note>(new Note { Text = "kept" });
        await using (var first = await TestSilo.Start(folder.File()))
        {
            for (var i = 0; i < 50; i++)
            {
                await first.Storage.WriteStateAsync($"row-{i}", Id, new GrainState<Note>(new Note { Count = i }));
            }

            await first.Storage.WriteStateAsync("note", Id, written);
        }

        await using var second = await TestSilo.Start(folder.File());

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(i, (await Read(second, $"row-{i}")).State!.Count);
        }

        // The version continues from the stored one.
        await second.Storage.WriteStateAsync("note", Id, written);
    }

    [Fact]
    public void Connections_from_the_pool_flush_each_commit_and_wait_for_locks()
    {
        using var file = new SqliteFile(folder.File());
        file.Prepare();
        for (var n = 0; n < 5; n++)
        {
            // Two at the same time, so that one comes from the pool and the other may not.
            using var one = file.OpenConnection();
            using var other = file.OpenConnection();
            foreach (var connection in (DbConnection[])[one, other])
            {
                Assert.Equal(2, Pragma(connection, "synchronous"));
                Assert.Equal(SqliteFile.BusySeconds * 1000, Pragma(connection, "busy_timeout"));
            }
        }

        file.Close();

        static long Pragma(DbConnection connection, string name)
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"PRAGMA {name}";
            return (long)command.ExecuteScalar()!;
        }
    }

    [Fact]
    public async Task Two_silos_on_one_file_see_each_others_writes_and_conflict()
    {
        await using var first = await TestSilo.Start(folder.File());
        await using var second = await TestSilo.Start(folder.File());
        var one = new GrainState<Note>(new Note { Text = "one" });
        await first.Storage.WriteStateAsync("note", Id, one);

        var two = await Read(second, "note");
        Assert.Equal("one", two.State!.Text);
        await second.Storage.WriteStateAsync("note", Id, two);

        await Assert.ThrowsAsync<Orleans.Storage.InconsistentStateException>(() => first.Storage.WriteStateAsync("note", Id, one));
    }

    [Fact]
    public async Task Writers_in_two_silos_wait_for_each_other()
    {
        await using var first = await TestSilo.Start(folder.File());
        await using var second = await TestSilo.Start(folder.File());

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() =>
            (i % 2 == 0 ? first : second).Storage.WriteStateAsync($"row-{i}", Id, new GrainState<Note>(new Note())))));
    }

    [Fact]
    public async Task Services_with_different_ids_share_a_file_without_seeing_each_other()
    {
        await using var first = await TestSilo.Start(folder.File());
        await using var second = await TestSilo.Start(folder.File(), ("Orleans:ServiceId", "another"));
        await first.Storage.WriteStateAsync("note", Id, new GrainState<Note>(new Note()));

        Assert.False((await Read(second, "note")).RecordExists);
    }

    [Fact]
    public async Task Folder_of_the_file_is_created()
    {
        var file = Path.Combine(folder.Path, "a", "b", "store.db");
        await using var silo = await TestSilo.Start(file);

        Assert.True(File.Exists(file));
    }

    [Fact]
    public async Task Connections_flush_writes_to_the_disk_and_wait_for_locks()
    {
        using var file = new SqliteFile(folder.File());
        file.Prepare();
        await using var connection = await file.OpenConnectionAsync();
        await using var command = connection.CreateCommand();

        command.CommandText = "SELECT journal_mode || ' ' || synchronous || ' ' || timeout FROM pragma_journal_mode, pragma_synchronous, pragma_busy_timeout";
        Assert.Equal($"wal 2 {SqliteFile.BusySeconds * 1000}", await command.ExecuteScalarAsync());
        file.Close();
    }

    [Fact]
    public async Task File_that_is_not_a_database_prevents_the_start_and_is_named()
    {
        await File.WriteAllTextAsync(folder.File(), new string('x', 10_000));

        var error = await Unusable(folder.File());

        Assert.Contains(folder.File(), error.Message, StringComparison.Ordinal);
        Assert.Contains("Storage:SqliteFile", error.Message, StringComparison.Ordinal);
        Assert.Contains("not a database", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folder_in_place_of_the_file_prevents_the_start()
    {
        Directory.CreateDirectory(folder.File());
        await Unusable(folder.File());
    }

    [Fact]
    public async Task File_in_place_of_the_folder_prevents_the_start()
    {
        await File.WriteAllTextAsync(folder.File("occupied"), "");
        await Unusable(Path.Combine(folder.File("occupied"), "store.db"));
    }

    [Fact]
    public async Task File_of_a_newer_version_prevents_the_start_and_is_unchanged()
    {
        folder.Execute("PRAGMA user_version = 99");

        var error = await Unusable(folder.File());

        Assert.Contains("newer", error.Message, StringComparison.Ordinal);
        Assert.Equal(0L, folder.Execute("SELECT COUNT(*) FROM sqlite_schema"));
    }

    // The first release had no reminders.
    [Fact]
    public async Task File_of_version_1_gets_a_reminder_table_and_keeps_its_rows()
    {
        await using (var before = await TestSilo.Start(folder.File()))
        {
            await before.Storage.WriteStateAsync("note", Id, new GrainState<Note>(new Note { Text = "kept" }));
        }

        folder.Execute("""
            DROP TABLE OrleansRemindersTable;
            DELETE FROM OrleansQuery WHERE QueryKey NOT IN ('ReadFromStorageKey', 'WriteToStorageKey', 'ClearStorageKey');
            PRAGMA user_version = 1;
            """);
        Assert.Equal(
            ["OrleansQuery", "OrleansStorage"],
            folder.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name", row => row.GetString(0)));

        await using var silo = await TestSilo.Start(folder.File());

        Assert.Equal("kept", (await Read(silo, "note")).State!.Text);
        var reminders = silo.Services.GetRequiredService<IReminderTable>();
        await reminders.UpsertRow(new ReminderEntry { GrainId = Id, ReminderName = "run", Period = TimeSpan.FromDays(1) });
        Assert.NotNull(await reminders.ReadRow(Id, "run"));
        Assert.Equal(2L, folder.Execute("PRAGMA user_version"));
    }

    [Fact]
    public async Task Reads_and_writes_fail_after_the_file_has_disappeared()
    {
        await using var silo = await TestSilo.Start(folder.File());
        await silo.Storage.WriteStateAsync("note", Id, new GrainState<Note>(new Note()));
        File.Delete(folder.File());

        await Assert.ThrowsAsync<FileNotFoundException>(() => Read(silo, "note"));
        await Assert.ThrowsAsync<FileNotFoundException>(() => silo.Storage.WriteStateAsync("other", Id, new GrainState<Note>(new Note())));
        Assert.False(File.Exists(folder.File()));
    }

    [Fact]
    public async Task Write_that_SQLite_refuses_fails_and_keeps_the_old_state()
    {
        await using var silo = await TestSilo.Start(folder.File());
        var state = new GrainState<Note>(new Note { Text = "small" });
        await silo.Storage.WriteStateAsync("note", Id, state);
        var etag = state.ETag;

        folder.Execute("CREATE TRIGGER full BEFORE UPDATE ON OrleansStorage BEGIN SELECT RAISE(ABORT, 'no space'); END");
        state.State = new Note { Text = "large" };
        await Assert.ThrowsAsync<IOException>(() => silo.Storage.WriteStateAsync("note", Id, state));
        Assert.Equal(etag, state.ETag);
        Assert.Equal("small", (await Read(silo, "note")).State!.Text);

        // The turn of the failed writer was returned.
        folder.Execute("DROP TRIGGER full");
        await silo.Storage.WriteStateAsync("note", Id, state);
        Assert.Equal("large", (await Read(silo, "note")).State!.Text);
    }

    private static async Task<StorageFileException> Unusable(string file)
    {
        await using var silo = TestSilo.Build(file);
        return await Assert.ThrowsAsync<StorageFileException>(silo.StartAsync);
    }

    private static async Task<GrainState<Note>> Read(TestSilo silo, string name)
    {
        var state = new GrainState<Note>();
        await silo.Storage.ReadStateAsync(name, Id, state);
        return state;
    }
}
