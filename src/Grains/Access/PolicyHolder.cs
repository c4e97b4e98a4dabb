namespace EngageCenter.Access;

/// <summary>
/// The holder's part of access coherence, for one workspace: a copy to decide by, for as long as it is leased. Pure;
/// times as in <see cref="PolicyOwner{THolder}"/>. Not thread-safe.
/// </summary>
internal sealed class PolicyHolder<TPolicy>
    where TPolicy : class
{
    private long requests;
    private long? request;
    private TimeSpan asked;
    private TPolicy? policy;

    /// <summary>Whether a request is under way.</summary>
    public bool IsAsking => request is not null;

    /// <summary>When the copy may no longer be used.</summary>
    public TimeSpan Expires { get; private set; }

    /// <summary>The copy, while it is leased. To be asked last before an answer.</summary>
    public TPolicy? Policy(TimeSpan now) => now < Expires ? policy : null;

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
    /// <returns>Whether it still counts: a recall since it was sent makes it void.</returns>
    public bool Granted(long number, TPolicy granted, TimeSpan lease)
    {
        if (request != number)
        {
            return false;
        }

        request = null;
        policy = granted;
        Expires = asked + lease;
        return true;
    }

    /// <summary>A request came to nothing.</summary>
    /// <returns>Whether it still counted.</returns>
    public bool Failed(long number)
    {
        if (request != number)
        {
            return false;
        }

        request = null;
        return true;
    }

    /// <summary>Rule 4. Gives up the copy, and every request that is under way: its grant may have been overtaken by this recall.</summary>
    public void Recall()
    {
        policy = null;
        request = null;
    }
}
