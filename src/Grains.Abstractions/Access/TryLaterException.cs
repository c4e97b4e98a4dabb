namespace EngageCenter.Access;

/// <summary>
/// A change that might have had to wait longer than its caller was refused before it started: leases that an earlier
/// owner of the workspace gave may still be out. Nothing was changed.
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

    /// <summary>After this long it would be accepted.</summary>
    [Id(0)]
    public TimeSpan RetryAfter { get; }
}
