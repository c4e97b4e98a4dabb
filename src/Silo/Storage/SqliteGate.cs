using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace EngageCenter.Storage;

/// <summary>
/// The way of a process to its <see cref="SqliteFile"/>: writers take turns, whichever table they write, and failures are
/// told by types that are understood where there is no SQLite.
/// </summary>
/// <remarks>
/// A failure of SQLite (full disk, a lock held for longer than <see cref="SqliteFile.BusySeconds"/>, a damaged or missing
/// file) is an <see cref="IOException"/>; a turn that does not come within <see cref="TurnTimeout"/> a <see cref="TimeoutException"/>.
/// </remarks>
internal sealed class SqliteGate : IDisposable
{
    /// <summary>How long a write waits for those before it. With the wait for a lock it stays below a call's timeout.</summary>
    public static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(15);

    // Orleans has spans of what it stores for a grain; grains that read and write rows of their own are seen here alone,
    // and so is the wait for a turn.
    private static readonly ActivitySource spans = new("EngageCenter.Storage");

    // Writers of one process queue here, in order and without holding a thread. In SQLite they would poll for the
    // lock, each blocking a thread, and the unlucky one would starve.
    private readonly SemaphoreSlim turn = new(1, 1);

    /// <param name="name">The operation's, in traces.</param>
    public static Task Read(string name, Func<Task> read) => Traced(name, () => Translated(read));

    public static Task<T> Read<T>(string name, Func<Task<T>> read) => WithResult(read, plain => Read(name, plain));

    /// <inheritdoc cref="Read(string, Func{Task})"/>
    /// <param name="cancellationToken">
    /// Ends the wait for the turn, never the write: half-way, nobody could say whether it was stored.
    /// </param>
    public Task Write(string name, Func<Task> write, CancellationToken cancellationToken) =>
        Traced(name, () => InTurn(write, cancellationToken));

    public Task<T> Write<T>(string name, Func<Task<T>> write, CancellationToken cancellationToken) =>
        WithResult(write, plain => Write(name, plain, cancellationToken));

    public void Dispose() => turn.Dispose();

    private static Task Traced(string name, Func<Task> operation)
    {
        // Nothing but this test where nobody looks at the traces.
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

    // The grain's scheduler is kept across the wait (no ConfigureAwait), since the state is serialized within the write.
    private async Task InTurn(Func<Task> write, CancellationToken cancellationToken)
    {
        if (!await turn.WaitAsync(TurnTimeout, cancellationToken))
        {
            throw new TimeoutException($"A write waited {TurnTimeout.TotalSeconds:0} s for its turn; nothing was stored.");
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

    // The driver's exception would cross to a client that does not have the driver, where it arrives as a
    // TypeLoadException that tells nothing; as an inner exception too, so it is left out. The provider has logged it.
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
