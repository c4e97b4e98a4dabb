namespace EngageCenter.Access;

/// <summary>
/// The lender's part of decision leases: which web nodes have decisions of one workspace, or of one person, from here, and
/// until when. One entry for each web node, whatever the number of decisions. Pure. Times are durations since any fixed
/// moment on one monotonic clock, as in <see cref="PolicyOwner{THolder}"/>. Not thread-safe.
/// </summary>
/// <remarks>
/// A recall is over when each web node that had a decision when it began has answered it, or has run out. Until then nothing
/// is lent, so an entry is either older than the recall under way or there is none. An answer counts only for what was lent
/// before its own recall: a late one says nothing of what was lent since.
/// </remarks>
/// <typeparam name="THolder">A web node's decisions.</typeparam>
internal sealed class LentDecisions<THolder>
    where THolder : notnull
{
    /// <summary>Far more web nodes than a cluster has. Beyond it nothing is lent, which is always safe.</summary>
    public const int MaxHolders = 1_000;

    // When what the web node has ends, and how many recalls had begun when it was lent.
    private readonly Dictionary<THolder, (TimeSpan Until, long Since)> holders = [];
    private long recalls;

    /// <summary>Notes that a web node has a decision.</summary>
    /// <param name="until">By when it has run out at the web node.</param>
    /// <returns>False where nothing may be lent now.</returns>
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

    /// <summary>Begins to take back everything.</summary>
    /// <returns>The number of the recall, and who has to answer it or run out.</returns>
    public (long Number, IReadOnlyList<(THolder Holder, TimeSpan Until)> Holders) Recall(TimeSpan now)
    {
        recalls++;
        Forget(now);
        return (recalls, holders.Count == 0 ? [] : [.. holders.Select(h => (h.Key, h.Value.Until))]);
    }

    /// <summary>A web node answered a recall: it decides by nothing any more that was lent before that recall.</summary>
    public void Answered(THolder holder, long number)
    {
        if (holders.TryGetValue(holder, out var lent) && lent.Since < number)
        {
            holders.Remove(holder);
        }
    }

    /// <summary>Whether nobody has anything any more that was lent before the recall.</summary>
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

    /// <summary>Whether nobody has anything.</summary>
    public bool IsIdle(TimeSpan now) => IsOver(long.MaxValue, now);

    private bool IsRecalling(TimeSpan now) => !IsOver(recalls, now);

    // What has run out by our count ran out earlier by the web node's.
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
