using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>
/// Runs Orleans' ADO.NET storage on SQLite. It gives every grain a distinct row identity, and uses the
/// <see cref="SqliteGate"/> because SQLite allows one writer at a time and because failures must be known to processes
/// without SQLite.
/// </summary>
/// <remarks>
/// A write with another version than the stored one throws <see cref="InconsistentStateException"/>; other failures throw as
/// <see cref="SqliteGate"/> says. After any of them the state in memory may differ from the stored one. The callers of a
/// grain with persistent state receive the first one as it is, and the others as the inner exception of an
/// <see cref="OrleansException"/>.
/// </remarks>
internal sealed class SqliteGrainStorage(AdoNetGrainStorage rows, SqliteGate gate) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        SqliteGate.Read("read", () => rows.ReadStateAsync(NameOf(stateName), IdentityOf(grainId), grainState, cancellationToken));

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        gate.Write("write", () => rows.WriteStateAsync(NameOf(stateName), IdentityOf(grainId), grainState), cancellationToken);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        gate.Write("clear", () => rows.ClearStateAsync(NameOf(stateName), IdentityOf(grainId), grainState), cancellationToken);

    public void Participate(ISiloLifecycle observer) => rows.Participate(observer);

    /// <summary>
    /// Returns the grain's id as one string key, 'type/key'. From the plain id the provider would leave the grain's type out
    /// of the row's identity, and would read a key that looks like a hexadecimal number or a GUID as one: 'abc', 'ABC' and
    /// '0abc' would be one grain. A key with a slash looks like neither.
    /// </summary>
    private static GrainId IdentityOf(GrainId grainId)
    {
        var type = grainId.Type.ToString()!.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);
        return GrainId.Create(grainId.Type, IdSpan.Create($"{type}/{grainId.Key}"));
    }

    /// <summary>
    /// Escapes backticks, because the provider reads a name with one as that of a generic class and keeps only a part of it.
    /// </summary>
    private static string NameOf(string stateName) =>
        stateName.Replace("%", "%25", StringComparison.Ordinal).Replace("`", "%60", StringComparison.Ordinal);
}
