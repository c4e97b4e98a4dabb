using System.Collections.Concurrent;

namespace EngageCenter.Directories;

/// <summary>Keeps the directory of a tenant followed while people of it are decided on this silo. One for each silo.</summary>
internal sealed class DirectoryFollowers(IGrainFactory grains, IDirectory directory, TimeProvider time)
{
    /// <summary>How often a silo says so.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    // As many as tenants that agreements name: nobody else's people get here.
    private readonly ConcurrentDictionary<Guid, long> woken = [];

    /// <summary>Costs a look into memory, save once in <see cref="Interval"/>.</summary>
    public void Wake(Guid tenantId)
    {
        if (directory.Poll is null || (woken.TryGetValue(tenantId, out var last) && time.GetElapsedTime(last) < Interval))
        {
            return;
        }

        woken[tenantId] = time.GetTimestamp();

        // Not awaited: no decision waits for it, and if it is lost there is another soon.
        grains.GetGrain<IDirectoryFollower>($"{tenantId:D}").Wake().Ignore();
    }
}
