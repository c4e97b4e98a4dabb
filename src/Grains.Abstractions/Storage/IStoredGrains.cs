namespace EngageCenter.Storage;

/// <summary>
/// Lists the grains that have a state in storage. Orleans' grain storage cannot do this, so a silo offers it if its provider
/// can. It is used for rare work only: once after an upgrade, and when a directory no longer reports what changed.
/// </summary>
public interface IStoredGrains
{
    /// <summary>Returns the keys of all grains of a type that have a state of this name, each once, as a stream. Some states may have been cleared.</summary>
    /// <param name="prefix">What the keys begin with, which something has to follow; empty for all keys.</param>
    IAsyncEnumerable<string> Keys(string grainType, string stateName, string prefix, CancellationToken cancellationToken);
}
