using System.Buffers.Binary;
using System.Data.Common;
using EngageCenter.Storage;

namespace EngageCenter.Silo.Tests.Storage;

public sealed class SqliteGateTests : IDisposable
{
    private readonly SqliteFolder folder = new();
    private readonly SqliteFile file;
    private readonly SqliteGate gate;

    // The last connection to close removes the log, which a test reads.
    private readonly DbConnection open;

    public SqliteGateTests()
    {
        file = new(folder.File());
        file.Prepare();
        gate = new(file);
        open = file.OpenConnection();
        folder.Execute("CREATE TABLE Rows (Id INTEGER PRIMARY KEY)");
    }

    public void Dispose()
    {
        gate.Dispose();
        open.Dispose();
        file.Close();
        file.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Write_completes_when_others_can_read_it()
    {
        await Write(1);
        Assert.Equal([1], Rows());
    }

    /// <summary>A commit is a flush to the disk, because connections are synchronous=FULL.</summary>
    [Fact]
    public async Task Writes_that_come_during_a_write_share_its_commit()
    {
        var before = Commits();
        var held = new TaskCompletionSource();
        var first = Write(1, held.Task);
        var others = Enumerable.Range(2, 99).Select(id => Write(id)).ToList();
        held.SetResult();

        await Task.WhenAll([first, .. others]);

        Assert.Equal(Enumerable.Range(1, 100), Rows());
        Assert.Equal(1, Commits() - before);
    }

    [Fact]
    public async Task No_write_completes_before_the_commit_that_it_shares()
    {
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        var writing = Write(1, first.Task);
        var reached = new TaskCompletionSource();
        var other = gate.Write("write", async () =>
        {
            reached.SetResult();
            await second.Task;
            await Insert(2);
        }, CancellationToken.None);
        first.SetResult();
        await reached.Task;

        Assert.False(writing.IsCompleted);
        Assert.Empty(Rows());

        second.SetResult();
        await Task.WhenAll(writing, other);
        Assert.Equal([1, 2], Rows());
    }

    [Fact]
    public async Task Commit_takes_a_limited_number_of_writes()
    {
        var before = Commits();
        var held = new TaskCompletionSource();
        var writes = Enumerable.Range(1, (2 * SqliteWrites.Max) + 1).Select(id => Write(id, id == 1 ? held.Task : Task.CompletedTask)).ToList();
        held.SetResult();

        await Task.WhenAll(writes);

        Assert.Equal(writes.Count, Rows().Count);
        Assert.Equal(3, Commits() - before);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Write_that_fails_leaves_the_others_of_its_commit_as_they_are(int failing)
    {
        folder.Execute($"CREATE TRIGGER fails BEFORE INSERT ON Rows WHEN NEW.Id = {failing} BEGIN SELECT RAISE(ABORT, 'refused'); END");
        var held = new TaskCompletionSource();
        var writes = Enumerable.Range(1, 3).Select(id => Write(id, id == 1 ? held.Task : Task.CompletedTask)).ToList();
        held.SetResult();

        await Assert.ThrowsAsync<IOException>(() => writes[failing - 1]);
        await Task.WhenAll(writes.Where((_, place) => place != failing - 1));
        Assert.Equal(Enumerable.Range(1, 3).Except([failing]), Rows());
    }

    [Fact]
    public async Task Commit_that_fails_is_the_failure_of_each_write_that_shares_it_and_of_no_later_one()
    {
        // A reference that is checked by the commit.
        folder.Execute("""
            CREATE TABLE Refers (Id INTEGER REFERENCES Rows (Id) DEFERRABLE INITIALLY DEFERRED);
            CREATE TRIGGER fails AFTER INSERT ON Rows WHEN NEW.Id = 2 BEGIN INSERT INTO Refers VALUES (-1); END
            """);
        var held = new TaskCompletionSource();
        var writes = Enumerable.Range(1, 3).Select(id => Write(id, id == 1 ? held.Task : Task.CompletedTask)).ToList();
        held.SetResult();

        foreach (var write in writes)
        {
            await Assert.ThrowsAsync<IOException>(() => write);
        }

        Assert.Empty(Rows());
        await Write(4);
        Assert.Equal([4], Rows());
    }

    [Fact]
    public async Task Transaction_that_SQLite_rolls_back_fails_each_write_in_it_and_no_later_one()
    {
        folder.Execute("CREATE TRIGGER fails BEFORE INSERT ON Rows WHEN NEW.Id = 2 BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END");
        var held = new TaskCompletionSource();
        var writes = Enumerable.Range(1, 3).Select(id => Write(id, id == 1 ? held.Task : Task.CompletedTask)).ToList();
        held.SetResult();

        await Assert.ThrowsAsync<IOException>(() => writes[0]);
        await Assert.ThrowsAsync<IOException>(() => writes[1]);
        await writes[2];
        Assert.Equal([3], Rows());
    }

    [Fact]
    public async Task Caller_that_stops_waiting_for_its_turn_holds_up_no_commit()
    {
        using var gone = new CancellationTokenSource();
        var held = new TaskCompletionSource();
        var first = Write(1, held.Task);
        var cancelled = gate.Write("write", () => Insert(2), gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        held.SetResult();

        await first;
        Assert.Equal([1], Rows());
    }

    private Task Write(int id) => Write(id, Task.CompletedTask);

    private Task Write(int id, Task until) => gate.Write("write", async () =>
    {
        await until;
        await Insert(id);
    }, CancellationToken.None);

    private async Task Insert(int id)
    {
        await using var connection = await file.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"INSERT INTO Rows VALUES ({id})";
        await command.ExecuteNonQueryAsync();
    }

    private List<int> Rows() => folder.Query("SELECT Id FROM Rows ORDER BY Id", row => row.GetInt32(0));

    /// <summary>Counts the commits in the log: the last frame of each has the file's size in pages.</summary>
    private int Commits()
    {
        const int Header = 32;
        const int FrameHeader = 24;
        using var stream = new FileStream($"{file.Path}-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var log = new byte[stream.Length];
        stream.ReadExactly(log);
        var frame = FrameHeader + BinaryPrimitives.ReadInt32BigEndian(log.AsSpan(8));
        return Enumerable.Range(0, (log.Length - Header) / frame)
            .Count(n => BinaryPrimitives.ReadInt32BigEndian(log.AsSpan(Header + (n * frame) + 4)) > 0);
    }
}
