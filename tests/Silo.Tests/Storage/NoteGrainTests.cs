using EngageCenter.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Storage;

/// <summary>Tests what the caller of a grain sees of the store.</summary>
public sealed class NoteGrainTests : IDisposable
{
    private readonly SqliteFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Grain_finds_its_state_after_a_restart()
    {
        await using (var first = await TestSilo.Start(folder.File()))
        {
            await Grain(first, "справа/1").Write("kept");
        }

        await using var second = await TestSilo.Start(folder.File());
        Assert.Equal("kept", await Grain(second, "справа/1").Read());
    }

    [Fact]
    public async Task Write_over_an_unseen_version_is_a_conflict_and_the_next_call_reads_the_stored_state()
    {
        await using var first = await TestSilo.Start(folder.File());
        await using var second = await TestSilo.Start(folder.File());
        await Grain(first, "1").Write("first");
        await Grain(second, "1").Write("second");

        await Assert.ThrowsAsync<InconsistentStateException>(() => Grain(first, "1").Write("third"));

        Assert.Equal("second", await Grain(first, "1").Read());
    }

    [Fact]
    public async Task Failed_write_reaches_the_caller_without_a_type_of_the_driver()
    {
        await using var silo = await TestSilo.Start(folder.File());
        await Grain(silo, "1").Write("before");
        Execute("CREATE TRIGGER refuse BEFORE UPDATE ON OrleansStorage BEGIN SELECT RAISE(ABORT, 'no space'); END");

        var error = await Assert.ThrowsAsync<OrleansException>(() => Grain(silo, "1").Write("after"));

        var cause = Assert.IsType<IOException>(error.InnerException);
        Assert.Contains("no space", cause.Message, StringComparison.Ordinal);
        Assert.Null(cause.InnerException);
        Assert.Equal("before", await Grain(silo, "1").Read());
    }

    [Fact]
    public async Task Activation_that_cannot_read_fails_the_call_and_the_next_call_tries_again()
    {
        await using var silo = await TestSilo.Start(folder.File());
        Execute("ALTER TABLE OrleansStorage RENAME TO Hidden");

        var error = await Assert.ThrowsAsync<OrleansException>(() => Grain(silo, "1").Read());
        Assert.IsType<IOException>(error.InnerException);

        Execute("ALTER TABLE Hidden RENAME TO OrleansStorage");
        Assert.Equal("", await Grain(silo, "1").Read());
    }

    private static INoteGrain Grain(TestSilo silo, string key) =>
        silo.Services.GetRequiredService<IGrainFactory>().GetGrain<INoteGrain>(key);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder.File()};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
