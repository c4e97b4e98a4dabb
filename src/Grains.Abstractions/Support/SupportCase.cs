namespace EngageCenter.Support;

public enum CaseStatus
{
    New,
    InProgress,
    WaitingForCustomer,
    Resolved,
    Closed,
}

/// <summary>How severe a case is, the most severe first. On the wire <c>1</c>, <c>A</c>, <c>B</c>, <c>C</c>.</summary>
public enum CaseSeverity
{
    One,
    A,
    B,
    C,
}

/// <summary>The state of a support case after one of its updates.</summary>
/// <remarks>
/// Of two updates of a case, the one with the greater (<paramref name="LastUpdatedAt"/>, <paramref name="Revision"/>) is its
/// state, in whatever order they arrive. The times of one case come from clocks that may disagree, so they are not compared,
/// with one exception: a case is not closed before it was created. Characters are Unicode code points.
/// </remarks>
/// <param name="CaseId">1 to 64 characters.</param>
/// <param name="Revision">0 or more.</param>
/// <param name="Title">1 to 500 characters.</param>
/// <param name="Product">1 to 100 characters.</param>
/// <param name="Cloud">At most 100 characters. The same holds for the location.</param>
/// <param name="SlaMet">Null if unknown.</param>
/// <param name="ClosedAt">Not before <paramref name="CreatedAt"/>. Used only while the status is Closed.</param>
/// <param name="PrimaryContact">At most 320 characters.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.SupportCase")]
public sealed record SupportCase(
    [property: Id(0)] string CaseId,
    [property: Id(1)] long Revision,
    [property: Id(2)] DateTimeOffset LastUpdatedAt,
    [property: Id(3)] DateTimeOffset CreatedAt,
    [property: Id(4)] string Title,
    [property: Id(5)] CaseStatus Status,
    [property: Id(6)] CaseSeverity Severity,
    [property: Id(7)] string Product,
    [property: Id(8)] string? Cloud,
    [property: Id(9)] string? Location,
    [property: Id(10)] bool? SlaMet,
    [property: Id(11)] DateTimeOffset? FirstResponseAt,
    [property: Id(12)] DateTimeOffset? ResolvedAt,
    [property: Id(13)] DateTimeOffset? ClosedAt,
    [property: Id(14)] string? PrimaryContact)
{
    public const int MaxIdLength = 64;
    public const int MaxTitleLength = 500;
    public const int MaxNameLength = 100;
    public const int MaxContactLength = 320;

    /// <summary>The most cases of one workspace.</summary>
    public const int MaxPerWorkspace = 500_000;

    /// <summary>The most updates in one batch. A batch is one storage write unless its texts are very long.</summary>
    public const int MaxBatch = 1_000;

    /// <summary>Whether this update is later than another one of the same case.</summary>
    public bool Supersedes(SupportCase other) =>
        (LastUpdatedAt, Revision).CompareTo((other.LastUpdatedAt, other.Revision)) > 0;
}
