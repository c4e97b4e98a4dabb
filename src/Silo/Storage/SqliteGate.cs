using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace EngageCenter.Storage;

/// <summary>
/// Guards a process's access to its <see cref="SqliteFile"/>: writers take turns, whatever table they write, and failures
/// are reported by exception types that processes without SQLite know.
/// </summary>
/// <remarks>
/// A failure of SQLite (full disk, a lock held for longer than <see cref="SqliteFile.BusySeconds"/>, a damaged or missing
/// file) is an <see cref="IOException"/>; a turn that does not come within <see cref="TurnTimeout"/> is a
/// <see cref="TimeoutException"/>.
/// </remarks>
internal sealed class SqliteGate : IDisposable
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

        try
        {
            await Translated(write);
        }
        finally
        {
            turn.Release();
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
