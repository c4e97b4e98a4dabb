namespace EngageCenter.Access;

/// <summary>
/// The silo's part of the rules for decision leases: which web nodes have decisions of one workspace or one person from this
/// silo, and until when. There is one entry for each web node, whatever the number of decisions. It has no side effects. Times
/// are durations since a fixed moment on one monotonic clock, as in <see cref="PolicyOwner{THolder}"/>. Not thread-safe.
/// </summary>
/// <remarks>
/// A recall is over when each web node that had a decision when the recall began has answered, or its decisions have expired.
/// Until then nothing is lent, so every entry is older than the recall. An answer counts only for decisions that were lent
/// before its recall was sent: a late answer says nothing about decisions lent since then.
/// </remarks>
/// <typeparam name="THolder">The decisions of a web node.</typeparam>
internal sealed class LentDecisions<THolder>
    where THolder : notnull
{
    /// <summary>The most web nodes, far more than a cluster has. At this limit nothing more is lent, which is always safe.</summary>
    public const int MaxHolders = 1_000;

    // When the web node's decisions expire, and how many recalls had begun when the last one was lent.
    private readonly Dictionary<THolder, (TimeSpan Until, long Since)> holders = [];
    private long recalls;

    /// <summary>Records that a web node gets a decision.</summary>
    /// <param name="until">When the decision has expired at the web node.</param>
    /// <returns>False if nothing may be lent now.</returns>
    public bool Lend(THolder holder, TimeSpan until, TimeSpan now)
    {
        if (holders.Count >= MaxHolders && !holders.ContainsKey(holder))
        {
            Forget(now);
        }

        if (IsRecalling(now) || (holders.Count >= MaxHolders && !holders.ContainsKey(holder)))
        {
            return false;
        }

        holders[holder] = (holders.TryGetValue(holder, out var before) && before.Until > until ? before.Until : until, recalls);
        return true;
    }

    /// <summary>Begins to take back all decisions.</summary>
    /// <returns>The number of the recall, and the web nodes that must answer it or whose decisions must expire.</returns>
    public (long Number, IReadOnlyList<(THolder Holder, TimeSpan Until)> Holders) Recall(TimeSpan now)
    {
        recalls++;
        Forget(now);
        return (recalls, holders.Count == 0 ? [] : [.. holders.Select(h => (h.Key, h.Value.Until))]);
    }

    /// <summary>Records that a web node answered a recall: it no longer uses any decision that was lent before that recall.</summary>
    public void Answered(THolder holder, long number)
    {
        if (holders.TryGetValue(holder, out var lent) && lent.Since < number)
        {
            holders.Remove(holder);
        }
    }

    /// <summary>Whether no web node has a decision any more that was lent before the recall.</summary>
    public bool IsOver(long number, TimeSpan now)
    {
        foreach (var (until, since) in holders.Values)
        {
            if (since < number && now < until)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether no web node has a decision.</summary>
    public bool IsIdle(TimeSpan now) => IsOver(long.MaxValue, now);

    private bool IsRecalling(TimeSpan now) => !IsOver(recalls, now);

    // A decision that has expired by our count expired earlier at the web node.
    private void Forget(TimeSpan now)
    {
        foreach (var (holder, lent) in holders)
        {
            if (now >= lent.Until)
            {
                holders.Remove(holder);
            }
        }
    }
}
