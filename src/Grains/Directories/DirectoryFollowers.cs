using System.Collections.Concurrent;

namespace EngageCenter.Directories;

/// <summary>Keeps a tenant's directory followed while its people are decided on this silo. There is one for each silo.</summary>
internal sealed class DirectoryFollowers(IGrainFactory grains, IDirectory directory, TimeProvider time)
{
    /// <summary>How often a silo wakes the follower.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    // Has at most one entry for each tenant that agreements name, because people of other tenants do not get here.
    private readonly ConcurrentDictionary<Guid, long> woken = [];

    /// <summary>Wakes the tenant's follower once in each <see cref="Interval"/>. Otherwise it only looks into memory.</summary>
    public void Wake(Guid tenantId)
    {
        if (directory.Poll is null || (woken.TryGetValue(tenantId, out var last) && time.GetElapsedTime(last) < Interval))
        {
            return;
        }

        woken[tenantId] = time.GetTimestamp();

        // Not awaited, because no decision depends on it. If the message is lost, the next one follows soon.
        grains.GetGrain<IDirectoryFollower>($"{tenantId:D}").Wake().Ignore();
    }
}
