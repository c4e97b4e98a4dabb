namespace EngageCenter.Access;

/// <summary>
/// A call was refused before it started, and may succeed after <see cref="RetryAfter"/>. For example, a change might have
/// to wait longer than its caller does, because leases of an earlier owner of the workspace may still be out. Nothing was changed.
/// </summary>
[GenerateSerializer, Alias("EngageCenter.TryLaterException")]
public sealed class TryLaterException : Exception
{
    public TryLaterException()
        : this("The change would have to wait too long.")
    {
    }

    public TryLaterException(string message)
        : base(message)
    {
    }

    public TryLaterException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public TryLaterException(TimeSpan retryAfter)
        : this($"The change would have to wait too long; again in {Math.Ceiling(retryAfter.TotalSeconds)} s.") => RetryAfter = retryAfter;

    /// <param name="message">Says which limit of the caller was reached.</param>
    public TryLaterException(string message, TimeSpan retryAfter)
        : this(message) => (RetryAfter, IsLimitOfCaller) = (retryAfter, true);

    /// <summary>How long to wait before trying again.</summary>
    [Id(0)]
    public TimeSpan RetryAfter { get; }

    /// <summary>Whether the caller has reached a limit of their own. Other callers are served.</summary>
    [Id(1)]
    public bool IsLimitOfCaller { get; }
}
