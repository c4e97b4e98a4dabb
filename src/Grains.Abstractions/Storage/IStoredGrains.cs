namespace EngageCenter.Storage;

/// <summary>
/// Which grains storage holds a state of. Orleans' grain storage does not say, so a silo offers this where its provider
/// can: for what has to be brought in line once, after an upgrade.
/// </summary>
public interface IStoredGrains
{
    /// <summary>The keys of all grains of a type that have a state of a name, each once, as a stream; some may be cleared.</summary>
    IAsyncEnumerable<string> Keys(string grainType, string stateName, CancellationToken cancellationToken);
}
