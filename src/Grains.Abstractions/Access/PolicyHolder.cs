namespace EngageCenter.Access;

/// <summary>
/// The holder's part of access coherence, for one workspace or one set of known ids: which grant counts, and until when.
/// It has no side effects. Times are durations since a fixed moment on one monotonic clock, as in PolicyOwner. Not thread-safe.
/// </summary>
internal sealed class PolicyHolder
{
    private long requests;
    private long? request;
    private TimeSpan asked;

    /// <summary>Whether a request is open.</summary>
    public bool IsAsking => request is not null;

    /// <summary>Records that a request is being sent. An earlier open request no longer counts.</summary>
    public long Ask(TimeSpan now)
    {
        asked = now;
        request = ++requests;
        return requests;
    }

    /// <summary>Records that a request was granted.</summary>
    /// <param name="lease">
    /// How long the copy may be used, as its owner says, counted from when the request was sent. The owner waits as long,
    /// counted from when it answered, so the holder lets go first.
    /// </param>
    /// <returns>When the copy expires; null if a recall after the request was sent makes the grant void.</returns>
    public TimeSpan? Granted(long number, TimeSpan lease) => IsOver(number) ? asked + lease : null;

    /// <summary>Records that a request failed.</summary>
    /// <returns>Whether it still counted.</returns>
    public bool Failed(long number) => IsOver(number);

    /// <summary>Rule 4. Gives up every open request, because this recall may have overtaken its grant.</summary>
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
