using Microsoft.Extensions.Logging;

namespace EngageCenter.Access;

/// <summary>The sets of known ids that this process, a silo or a web node, may decide by.</summary>
internal sealed class KnownIdsCache(IGrainFactory grains, AccessMetrics metrics, TimeProvider time, ILogger<KnownIdsCache> logger)
    : LeaseCache<KnownIds, IKnownIdsHolder>(grains, metrics, time, logger, "known_ids", MaxSets), IKnownIdsHolder
{
    /// <summary>Sets in memory. One more takes the place of those whose leases end first.</summary>
    public const int MaxSets = 1_000;

    /// <summary>The set of now, where it is leased already.</summary>
    public KnownIds? InMemory(string key) => Held(key)?.Leased;

    /// <summary>The set of now; null where it cannot be confirmed.</summary>
    public async ValueTask<KnownIds?> Current(string key)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var answer = await Get(key);
            if (answer.Lease is not { } lease)
            {
                return null;
            }

            // Else it was recalled, or ran out, before we had our turn.
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
        // A copy of an owner of an earlier release has no versions.
        var isWhole = known is { IsComplete: true } && (!known.Versions.IsDefault || !KnownIds.IsOfGroups(key));
        var answer = await grains.GetGrain<IKnownIdsGrain>(key).Lease(holder, isWhole ? known!.Version : -1);
        var now = answer.Kind == PolicyAnswerKind.Leased ? answer.Ids ?? known : null;

        // While nothing changes the copy stays the same object, by which others see that.
        return (answer.Kind, now is null || now.Era == answer.Era ? now : now with { Era = answer.Era }, answer.Lease);
    }
}
