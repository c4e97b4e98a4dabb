using Orleans.Core;


namespace EngageCenter.Storage;

internal static class Commits
{
    /// <summary>
    /// Stores the next state. A failed write leaves us unsure what storage holds, so the activation ends and the
    /// next call reads the truth: no one is served what was never stored.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The write was not confirmed.</exception>
    public static async Task Commit<TState>(this IStorage<TState> storage, Grain grain, TState next)
    {
        storage.State = next;
        try
        {
            await storage.WriteStateAsync();
        }
        catch (Exception e)
        {
            ((IGrainBase)grain).DeactivateOnIdle();
            throw new StorageUnavailableException($"A write of {typeof(TState).Name} was not confirmed: {e.Message}", e);
        }
    }
}
