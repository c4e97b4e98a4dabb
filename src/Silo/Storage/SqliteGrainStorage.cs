using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>
/// Orleans' ADO.NET storage on SQLite, with what it leaves open put right: what tells one grain from another, and, by the
/// <see cref="SqliteGate"/>, that SQLite has one writer at a time and that a failure must be understood where there is no
/// SQLite.
/// </summary>
/// <remarks>
/// A write against another version than the stored one throws <see cref="InconsistentStateException"/>; what else fails, as
/// <see cref="SqliteGate"/> says. After each of them the state in memory may differ from the stored one. The callers of a
/// grain with persistent state see the first as it is, the others as the inner exception of an <see cref="OrleansException"/>.
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
