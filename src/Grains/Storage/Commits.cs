using Orleans.Core;
using Orleans.Storage;

namespace EngageCenter.Storage;

internal static class Commits
{
    /// <summary>
    /// Stores the next state. If the write fails, it is unknown what storage holds. So the activation ends and the next call reads
    /// the stored state: nobody is served what was never stored.
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

    /// <summary>Reads another row of the grain, besides its own state.</summary>
    /// <param name="name">Two grains with the same key must not have rows with the same name.</param>
    /// <exception cref="StorageUnavailableException">The row could not be read.</exception>
    public static async Task<GrainState<TRow>> ReadRow<TRow>(this IGrainStorage rows, Grain grain, string name)
        where TRow : new()
    {
        try
        {
            var row = new GrainState<TRow>(new());
            await rows.ReadStateAsync(name, grain.GetGrainId(), row);
            return row;
        }
        catch (Exception e)
        {
            throw new StorageUnavailableException($"Row {name} could not be read: {e.Message}", e);
        }
    }

    /// <summary>Stores a row that was read before, if nobody changed it since. If the write is not confirmed, the activation ends.</summary>
    /// <exception cref="StorageUnavailableException">The write was not confirmed.</exception>
    public static async Task WriteRow<TRow>(this IGrainStorage rows, Grain grain, string name, GrainState<TRow> row)
    {
        try
        {
            await rows.WriteStateAsync(name, grain.GetGrainId(), row);
        }
        catch (Exception e)
        {
            ((IGrainBase)grain).DeactivateOnIdle();
            throw new StorageUnavailableException($"A write of row {name} was not confirmed: {e.Message}", e);
        }
    }
}
