using EngageCenter.Storage;

namespace EngageCenter.Access;

/// <summary>What the row says about ownership, beside the policy and its epoch.</summary>
/// <param name="Term">Grows by one with each activation that takes over.</param>
/// <param name="Released">Whether the last owner let go in order. Then none of its leases is out.</param>
/// <param name="Wait">
/// If not released, the least time that the next owner waits before its first change. Leases that may still be out were
/// granted by the settings of this owner or an earlier one, which can differ from the next owner's settings.
/// </param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Tenure")]
internal readonly record struct Tenure([property: Id(0)] long Term, [property: Id(1)] bool Released, [property: Id(2), SinceFormat(1)] TimeSpan Wait);

/// <summary>What a <see cref="PolicyOwner{THolder}"/> asks its shell to do.</summary>
internal abstract record OwnerMessage<THolder>
{
    private OwnerMessage()
    {
    }

    /// <summary>Store this tenure on the version that was last read or written; if <c>IsChange</c>, together with the current change.</summary>
    public sealed record Write(Tenure Tenure, bool IsChange) : OwnerMessage<THolder>;

    /// <summary>Read the term again.</summary>
    public sealed record Read : OwnerMessage<THolder>;

    /// <summary>Read the row again; the next write is on the version that was read.</summary>
    public sealed record Reload : OwnerMessage<THolder>;

    /// <summary>Answer a request with the policy.</summary>
    public sealed record Grant(THolder Holder, long Request) : OwnerMessage<THolder>;

    public sealed record Refuse(THolder Holder, long Request) : OwnerMessage<THolder>;

    public sealed record Confirmed(long Act) : OwnerMessage<THolder>;

    public sealed record Unconfirmed(long Act) : OwnerMessage<THolder>;

    public sealed record Recall(THolder Holder, long Number) : OwnerMessage<THolder>;

    /// <summary>The change is stored: acknowledge it.</summary>
    public sealed record Changed : OwnerMessage<THolder>;

    /// <summary>The change was not started.</summary>
    public sealed record ChangeRefused(TimeSpan RetryAfter) : OwnerMessage<THolder>;

    /// <summary>The change may or may not have been stored.</summary>
    public sealed record ChangeFailed : OwnerMessage<THolder>;

    /// <summary>End the activation.</summary>
    public sealed record Ended : OwnerMessage<THolder>;
}
