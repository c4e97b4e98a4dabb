using Microsoft.Extensions.Logging;

namespace EngageCenter.Access;

/// <summary>The sets of known ids that this process, a silo or a web node, holds by lease.</summary>
internal sealed class KnownIdsCache(IGrainFactory grains, AccessMetrics metrics, TimeProvider time, ILogger<KnownIdsCache> logger)
    : LeaseCache<KnownIds, IKnownIdsHolder>(grains, metrics, time, logger, "known_ids", MaxSets), IKnownIdsHolder
{
    /// <summary>The most sets in memory. If there are more, the least recently used ones are given up.</summary>
    public const int MaxSets = 1_000;

    /// <summary>Returns the current set if it is leased already; otherwise null.</summary>
    public KnownIds? InMemory(string key) => Held(key)?.Leased;

    /// <summary>Returns the current set, asking its owner if necessary; null if it cannot be confirmed.</summary>
    public async ValueTask<KnownIds?> Current(string key)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var answer = await Get(key);
            if (answer.Lease is not { } lease)
            {
                return null;
            }

            // If not, it was recalled or expired before this code went on.
            if (lease.IsValid)
            {
                return lease.Leased;
            }
        }

        return null;
    }

    protected override async Task<(PolicyAnswerKind Kind, KnownIds? Leased, TimeSpan Lease)> Request(
        IGrainFactory grains, string key, KnownIds? known, IKnownIdsHolder holder)
    {
        // A copy from an owner of an earlier release has no versions.
        var isWhole = known is { IsComplete: true } && (!known.Versions.IsDefault || !KnownIds.IsOfGroups(key));
        var answer = await grains.GetGrain<IKnownIdsGrain>(key).Lease(holder, isWhole ? known!.Version : -1);
        var now = answer.Kind == PolicyAnswerKind.Leased ? answer.Ids ?? known : null;

        // The same object is returned while nothing changes: others compare references to see that.
        return (answer.Kind, now is null || now.Era == answer.Era ? now : now with { Era = answer.Era }, answer.Lease);
    }
}
