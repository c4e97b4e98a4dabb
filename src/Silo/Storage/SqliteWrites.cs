using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EngageCenter.Storage;

/// <summary>
/// Writes that come together and share a transaction, so that one flush to the disk is for all of them. Each write is one
/// statement, so a write that fails changes nothing and leaves the others as they are.
/// </summary>
internal sealed class SqliteWrites(string connectionString) : SqliteConnection(connectionString)
{
    /// <summary>The most writes in one transaction. This limits how long other processes wait for the lock.</summary>
    public const int Max = 256;

    private readonly TaskCompletionSource stored = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SqliteTransaction? transaction;

    /// <summary>Completes when the writes are on the disk. If it fails, none of them is stored.</summary>
    public Task Stored => stored.Task;

    public int Count { get; set; }

    public bool IsOver { get; private set; }

    /// <summary>Whether SQLite rolled the transaction back by itself, as it does if the disk is full or fails.</summary>
    public bool IsLost => raw.sqlite3_get_autocommit(Handle) != 0;

    /// <summary>Starts the transaction. Waits for other processes that write.</summary>
    public void Begin() => transaction = BeginTransaction(deferred: false);

    /// <summary>Commits the transaction. Blocks until the log is flushed to the disk.</summary>
    public void Commit()
    {
        try
        {
            transaction!.Commit();
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }

        Finish();
        stored.SetResult();
    }

    /// <summary>Rolls back what is not committed.</summary>
    public void Fail(Exception cause)
    {
        Finish();
        stored.SetException(cause);

        // Nobody waits for this if the only write has failed by itself.
        _ = stored.Task.Exception;
    }

    /// <summary>Does nothing before the transaction is over, because the provider closes its connection after each statement.</summary>
    public override void Close()
    {
        if (IsOver)
        {
            base.Close();
        }
    }

    private void Finish()
    {
        IsOver = true;
        Close();
    }
}
