using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace EngageCenter.Storage;

/// <summary>
/// Guards a process's access to its <see cref="SqliteFile"/>: writers take turns, whatever table they write, and failures
/// are reported by exception types that processes without SQLite know.
/// </summary>
/// <remarks>
/// Writes that come during a flush to the disk share the next transaction, and so the next flush. A write completes when it
/// is on the disk. A failure of SQLite (full disk, a lock held for longer than <see cref="SqliteFile.BusySeconds"/>, a damaged
/// or missing file) is an <see cref="IOException"/>; a turn that does not come within <see cref="TurnTimeout"/> is a
/// <see cref="TimeoutException"/>.
/// </remarks>
internal sealed class SqliteGate(SqliteFile file) : IDisposable
{
    /// <summary>
    /// How long a write waits for earlier writes. Together with the wait for a lock, this is below a grain call's timeout.
    /// </summary>
    public static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(15);

    // Orleans traces the persistent state of grains. Rows that grains read and write themselves, and the wait for a turn,
    // are visible only in these spans.
    private static readonly ActivitySource spans = new("EngageCenter.Storage");

    // Writers of one process queue here, in order and without holding a thread. In SQLite they would poll for the lock, each
    // blocking a thread, and some could wait too long.
    private readonly SemaphoreSlim turn = new(1, 1);

    // The transaction that the next write joins. Used only by whoever has the turn.
    private SqliteWrites? open;

    /// <param name="name">The name of the operation in traces.</param>
    public static Task Read(string name, Func<Task> read) => Traced(name, () => Translated(read));

    public static Task<T> Read<T>(string name, Func<Task<T>> read) => WithResult(read, plain => Read(name, plain));

    /// <inheritdoc cref="Read(string, Func{Task})"/>
    /// <param name="cancellationToken">
    /// Cancels the wait for the turn, but never a write: after a cancelled write it would be unknown whether it was stored.
    /// </param>
    public Task Write(string name, Func<Task> write, CancellationToken cancellationToken) =>
        Traced(name, () => InTurn(write, cancellationToken));

    public Task<T> Write<T>(string name, Func<Task<T>> write, CancellationToken cancellationToken) =>
        WithResult(write, plain => Write(name, plain, cancellationToken));

    public void Dispose() => turn.Dispose();

    private static Task Traced(string name, Func<Task> operation)
    {
        // Costs only this check if nobody collects traces.
        return spans.HasListeners() ? Trace() : operation();

        async Task Trace()
        {
            using var span = spans.StartActivity(name, ActivityKind.Client);
            span?.SetTag("db.system.name", "sqlite").SetTag("db.operation.name", name);
            try
            {
                await operation();
            }
            catch (Exception e)
            {
                span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", e.GetType().FullName);
                throw;
            }
        }
    }

    // Without ConfigureAwait, the grain's scheduler is kept across the wait, because the state is serialized during the
    // write.
    private async Task InTurn(Func<Task> write, CancellationToken cancellationToken)
    {
        if (!await turn.WaitAsync(TurnTimeout, cancellationToken))
        {
            throw new TimeoutException($"A write waited {TurnTimeout.TotalSeconds:0} s for earlier writes and was not started; nothing was stored.");
        }

        await Translated(async () =>
        {
            var (writes, isFirst) = (open, open is null);
            try
            {
                try
                {
                    writes = open ??= file.BeginWrites();
                    await Join(writes, write);
                }
                finally
                {
                    turn.Release();
                }
            }
            finally
            {
                // Also if this write fails: others may have joined.
                if (isFirst && writes is not null)
                {
                    await CommitInTurn(writes);
                }
            }

            await writes.Stored;
        });
    }

    private async Task Join(SqliteWrites writes, Func<Task> write)
    {
        try
        {
            await file.WriteIn(writes, write);
        }
        finally
        {
            writes.Count++;
            if (writes.IsLost)
            {
                open = null;
                writes.Fail(new IOException("The store failed, and what other callers wrote at the same time was rolled back."));
            }
            else if (writes.Count == SqliteWrites.Max)
            {
                Commit(writes);
            }
        }
    }

    // Turns come in order, so everybody who waited for a turn when the first write was done joins its transaction.
    private async Task CommitInTurn(SqliteWrites writes)
    {
        // The flush blocks a thread, and needs nothing of the grain.
        await turn.WaitAsync().ConfigureAwait(false);
        try
        {
            Commit(writes);
        }
        finally
        {
            turn.Release();
        }
    }

    private void Commit(SqliteWrites writes)
    {
        if (!writes.IsOver)
        {
            open = null;
            writes.Commit();
        }
    }

    // A client without the SQLite driver would receive the driver's exception as a meaningless TypeLoadException, even as an
    // inner exception, so it is left out. The provider has already logged it.
    private static async Task Translated(Func<Task> operation)
    {
        try
        {
            await operation();
        }
        catch (SqliteException e)
        {
            throw new IOException($"The store failed. {e.Message}");
        }
    }

    private static async Task<T> WithResult<T>(Func<Task<T>> operation, Func<Func<Task>, Task> way)
    {
        T result = default!;
        await way(async () => result = await operation());
        return result;
    }
}
