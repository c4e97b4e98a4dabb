using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>
/// Orleans' ADO.NET storage on SQLite, with three things put right that it leaves open: what tells one grain from
/// another, that SQLite has one writer at a time, and that a failure must be understood where there is no SQLite.
/// </summary>
/// <remarks>
/// A write against another version than the stored one throws <see cref="InconsistentStateException"/>; a failure of
/// SQLite (full disk, a lock held for longer than <see cref="SqliteFile.BusySeconds"/>, a damaged or missing file) an
/// <see cref="IOException"/>; a turn that does not come within <see cref="TurnTimeout"/> a <see cref="TimeoutException"/>.
/// After each of them the state in memory may differ from the stored one. The callers of a grain with persistent state
/// see the first as it is, the others as the inner exception of an <see cref="OrleansException"/>.
/// </remarks>
internal sealed class SqliteGrainStorage(AdoNetGrainStorage rows) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>How long a write waits for those before it. With the wait for a lock it stays below a call's timeout.</summary>
    public static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(15);

    // Orleans has spans of what it stores for a grain; grains that read and write rows of their own are seen here alone,
    // and so is the wait for a turn.
    private static readonly ActivitySource spans = new("EngageCenter.Storage");

    // Writers of one process queue here, in order and without holding a thread. In SQLite they would poll for the
    // lock, each blocking a thread, and the unlucky one would starve.
    private readonly SemaphoreSlim turn = new(1, 1);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        Traced("read", () => Translated(() => rows.ReadStateAsync(NameOf(stateName), IdentityOf(grainId), grainState, cancellationToken)));

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        Traced("write", () => InTurn(() => rows.WriteStateAsync(NameOf(stateName), IdentityOf(grainId), grainState), cancellationToken));

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        Traced("clear", () => InTurn(() => rows.ClearStateAsync(NameOf(stateName), IdentityOf(grainId), grainState), cancellationToken));

    public void Participate(ISiloLifecycle observer) => rows.Participate(observer);

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

    // A token ends the wait, never the write: half-way, nobody could say whether it was stored. The grain's scheduler
    // is kept across the wait (no ConfigureAwait), since the state is serialized within the write.
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

    /// <summary>
    /// The grain's id as one string key, 'type/key'. Given the plain id, the provider would leave the grain's type out
    /// of the row's identity, and read any key that looks like a hexadecimal number or a GUID as one: 'abc', 'ABC' and
    /// '0abc' would be one grain. With its slash no key looks like either.
    /// </summary>
    private static GrainId IdentityOf(GrainId grainId)
    {
        var type = grainId.Type.ToString()!.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);
        return GrainId.Create(grainId.Type, IdSpan.Create($"{type}/{grainId.Key}"));
    }

    /// <summary>The provider takes a name with a backtick for that of a generic class, and keeps a part of it.</summary>
    private static string NameOf(string stateName) =>
        stateName.Replace("%", "%25", StringComparison.Ordinal).Replace("`", "%60", StringComparison.Ordinal);
}
