namespace EngageCenter.Access;

/// <summary>
/// The holder's part of access coherence, for one workspace or one set of known ids: which grant counts, and until when.
/// Pure. Times are durations since any fixed moment on one monotonic clock, as in PolicyOwner. Not thread-safe.
/// </summary>
internal sealed class PolicyHolder
{
    private long requests;
    private long? request;
    private TimeSpan asked;

    /// <summary>Whether a request is under way.</summary>
    public bool IsAsking => request is not null;

    /// <summary>A request is being sent; one that was under way no longer counts.</summary>
    public long Ask(TimeSpan now)
    {
        asked = now;
        request = ++requests;
        return requests;
    }

    /// <summary>A request was granted.</summary>
    /// <param name="lease">
    /// How long the copy may be used, as its owner says and waits, from when it was asked for. The owner counts from when it
    /// answered, so the holder lets go first.
    /// </param>
    /// <returns>When the copy may no longer be used; null where a recall since the request was sent makes the grant void.</returns>
    public TimeSpan? Granted(long number, TimeSpan lease) => IsOver(number) ? asked + lease : null;

    /// <summary>A request came to nothing.</summary>
    /// <returns>Whether it still counted.</returns>
    public bool Failed(long number) => IsOver(number);

    /// <summary>Rule 4. Gives up every request that is under way: its grant may have been overtaken by this recall.</summary>
    public void Recall() => request = null;

    private bool IsOver(long number)
    {
        if (request != number)
        {
            return false;
        }

        request = null;
        return true;
    }
}
