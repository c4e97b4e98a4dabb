using System.Text.Json.Serialization;
using EngageCenter.Agreements;
using EngageCenter.Storage;

namespace EngageCenter.Activities;

/// <summary>
/// A <see cref="CustomerActivity"/> as it is stored and kept in memory. To save space, member names have one letter, times are in
/// ticks of UTC (100 ns since the beginning of the year 1), hours in ten-thousandths, and unknown values are left out.
/// </summary>
/// <remarks>
/// As JSON about 300 bytes for an ordinary activity, at most 10,000: 350 bytes, plus 500 characters of title and 100 of a
/// package's name with up to twelve bytes each, plus a URI of 2,000. In memory about 600 bytes, 60 MB for
/// <see cref="CustomerActivity.MaxPerWorkspace"/>.
/// </remarks>
/// <param name="Version">Counts the changes of the activity, from 1.</param>
/// <param name="PackageName">The package's name in the contract of <paramref name="Epoch"/>, kept in case the package leaves. The same holds for its kind.</param>
/// <param name="Epoch">The newest epoch of a policy with the package in its contract by which the activity was accepted.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.StoredActivity")]
internal sealed record StoredActivity(
    [property: Id(0), JsonPropertyName("i")] string ActivityId,
    [property: Id(1), JsonPropertyName("v")] long Version,
    [property: Id(2), JsonPropertyName("p")] string PackageId,
    [property: Id(3), JsonPropertyName("k")] ActivityKind Kind,
    [property: Id(4), JsonPropertyName("t")] string Title,
    [property: Id(5), JsonPropertyName("s")] ActivityStatus Status,
    [property: Id(6), JsonPropertyName("b"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? HoursPurchased,
    [property: Id(7), JsonPropertyName("d"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? HoursDelivered,
    [property: Id(8), JsonPropertyName("a"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? PlannedAt,
    [property: Id(9), JsonPropertyName("x"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? DeliveredAt,
    [property: Id(10), JsonPropertyName("u"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? EvidenceUri,
    [property: Id(11), JsonPropertyName("n")] string PackageName,
    [property: Id(12), JsonPropertyName("g")] PackageKind PackageKind,
    [property: Id(13), JsonPropertyName("e")] long Epoch)
    : ILogEntry<StoredActivity>
{
    private const decimal HourUnits = 10_000;

    /// <summary>When it was delivered, otherwise when it is planned.</summary>
    [JsonIgnore]
    public long? Date => DeliveredAt ?? PlannedAt;

    /// <summary>Whether it counts in the proof of execution.</summary>
    [JsonIgnore]
    public bool Counts => Status != ActivityStatus.Cancelled;

    string ILogEntry<StoredActivity>.Key => ActivityId;

    int ILogEntry<StoredActivity>.StoredBytes => StoredSize.Of(350, ActivityId, PackageId, Title, EvidenceUri, PackageName);

    /// <summary>Whether this state is newer. There is one writer at a time, so two states of an activity never have the same version.</summary>
    public bool Supersedes(StoredActivity other) => Version > other.Version;

    /// <exception cref="ArgumentException">A field is not within its limits; the caller should have checked it.</exception>
    public static StoredActivity From(CustomerActivity activity, long version, KnownPackage package)
    {
        Bounds.Id(activity.ActivityId);
        Bounds.Require(activity.PackageId == package.PackageId, "The package is another one.");
        Bounds.Defined(activity.Kind);
        Bounds.Text(activity.Title, CustomerActivity.MaxTitleLength);
        Bounds.Defined(activity.Status);
        Bounds.Hours(activity.HoursPurchased);
        Bounds.Hours(activity.HoursDelivered);
        Bounds.WebAddress(activity.EvidenceUri, CustomerActivity.MaxUriLength);

        return new(
            activity.ActivityId,
            version,
            activity.PackageId,
            activity.Kind,
            activity.Title,
            activity.Status,
            (long?)(activity.HoursPurchased * HourUnits),
            (long?)(activity.HoursDelivered * HourUnits),
            activity.PlannedAt?.UtcTicks,
            activity.DeliveredAt?.UtcTicks,
            activity.EvidenceUri,
            package.Name,
            package.Kind,
            package.Epoch);
    }

    public static decimal Hours(long units) => units / HourUnits;

    public CustomerActivity ToActivity() => new(
        ActivityId,
        PackageId,
        Kind,
        Title,
        Status,
        HoursPurchased / HourUnits,
        HoursDelivered / HourUnits,
        Instant(PlannedAt),
        Instant(DeliveredAt),
        EvidenceUri);

    public ActivityView ToView() => new(ToActivity(), Version);

    /// <summary>Returns the activity with repeated strings from the pool.</summary>
    public StoredActivity With(StringPool pool) => this with
    {
        PackageId = pool.Share(PackageId),
        PackageName = pool.Share(PackageName),
    };

    private static DateTimeOffset? Instant(long? ticks) => ticks is { } known ? new(known, TimeSpan.Zero) : null;
}

/// <summary>A package in the contract of an epoch.</summary>
internal readonly record struct KnownPackage(string PackageId, string Name, PackageKind Kind, long Epoch);
