namespace EngageCenter.Storage;

/// <summary>
/// Lists the grains that have a state in storage. Orleans' grain storage cannot do this, so a silo offers it if its provider
/// can. It is used for work that is done once after an upgrade.
/// </summary>
public interface IStoredGrains
{
    /// <summary>Returns the keys of all grains of a type that have a state of this name, each once, as a stream. Some states may have been cleared.</summary>
    IAsyncEnumerable<string> Keys(string grainType, string stateName, CancellationToken cancellationToken);
}
