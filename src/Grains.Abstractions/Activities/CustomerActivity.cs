namespace EngageCenter.Activities;

public enum ActivityKind
{
    Reactive,
    Proactive,
    Assessment,
    Learning,
}

public enum ActivityStatus
{
    Planned,
    InProgress,
    Delivered,

    /// <summary>Counts in no figure.</summary>
    Cancelled,
}

/// <summary>Work that is done for a customer on a package of the agreement.</summary>
/// <param name="ActivityId">1 to 64 of <c>A-Z a-z 0-9 . _ ~ -</c>. Case-sensitive.</param>
/// <param name="PackageId">A package that the workspace had when the activity was put, now or at an earlier put.</param>
/// <param name="Title">1 to 500 characters.</param>
/// <param name="HoursPurchased">0 to 1,000,000 with at most four decimals. The same holds for the hours delivered.</param>
/// <param name="EvidenceUri">An absolute http or https URI of at most 2,000 characters. It is never fetched.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.CustomerActivity")]
public sealed record CustomerActivity(
    [property: Id(0)] string ActivityId,
    [property: Id(1)] string PackageId,
    [property: Id(2)] ActivityKind Kind,
    [property: Id(3)] string Title,
    [property: Id(4)] ActivityStatus Status,
    [property: Id(5)] decimal? HoursPurchased,
    [property: Id(6)] decimal? HoursDelivered,
    [property: Id(7)] DateTimeOffset? PlannedAt,
    [property: Id(8)] DateTimeOffset? DeliveredAt,
    [property: Id(9)] string? EvidenceUri)
{
    public const int MaxIdLength = 64;
    public const int MaxTitleLength = 500;
    public const int MaxUriLength = 2_000;

    /// <summary>The most activities of one workspace.</summary>
    public const int MaxPerWorkspace = 100_000;
}

/// <param name="Version">Changes with the activity; the source of its ETag.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ActivityView")]
public sealed record ActivityView(
    [property: Id(0)] CustomerActivity Activity,
    [property: Id(1)] long Version);
