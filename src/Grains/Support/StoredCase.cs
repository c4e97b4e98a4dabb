using System.Text.Json.Serialization;
using EngageCenter.Storage;

namespace EngageCenter.Support;

/// <summary>
/// A <see cref="SupportCase"/> as it is stored and kept in memory. To save space, member names have one or two letters, times are
/// in ticks of UTC (100 ns since the beginning of the year 1), and unknown values are left out.
/// </summary>
/// <remarks>
/// As JSON about 300 bytes for an ordinary case, at most 14,500: 250 bytes, plus 1,184 code points with up to twelve bytes each.
/// A row of 256 ordinary cases has 77 KB. A row of <see cref="SegmentedLog{TEntry}.MaxSegment"/>, which is enough for the
/// greatest batches and for cleaning, has 0.7 MB; at most 12 MB, see <see cref="SegmentedLog{TEntry}.MaxBatchBytes"/>.
/// </remarks>
[GenerateSerializer, Immutable, Alias("EngageCenter.StoredCase")]
internal sealed record StoredCase(
    [property: Id(0), JsonPropertyName("i")] string CaseId,
    [property: Id(1), JsonPropertyName("r")] long Revision,
    [property: Id(2), JsonPropertyName("u")] long LastUpdatedAt,
    [property: Id(3), JsonPropertyName("c")] long CreatedAt,
    [property: Id(4), JsonPropertyName("t")] string Title,
    [property: Id(5), JsonPropertyName("s")] CaseStatus Status,
    [property: Id(6), JsonPropertyName("v")] CaseSeverity Severity,
    string Product,
    [property: Id(8), JsonPropertyName("k"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Cloud,
    [property: Id(9), JsonPropertyName("l"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Location,
    [property: Id(10), JsonPropertyName("m"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? SlaMet,
    [property: Id(11), JsonPropertyName("f"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? FirstResponseAt,
    [property: Id(12), JsonPropertyName("d"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ResolvedAt,
    [property: Id(13), JsonPropertyName("x"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ClosedAt,
    [property: Id(14), JsonPropertyName("n"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? PrimaryContact)
    : ILogEntry<StoredCase>
{
    /// <summary>In Unicode form NFC, so that names that look the same are one product. An earlier release stored them as they came.</summary>
    [Id(7), JsonPropertyName("p")]
    public string Product { get; init; } = Product.Normalize();

    /// <summary>When the case was closed; null if it is not closed.</summary>
    [JsonIgnore]
    public long? Closed => Status == CaseStatus.Closed ? ClosedAt : null;

    string ILogEntry<StoredCase>.Key => CaseId;

    int ILogEntry<StoredCase>.StoredBytes => StoredSize.Of(300, CaseId, Title, Product, Cloud, Location, PrimaryContact);

    /// <inheritdoc cref="SupportCase.Supersedes"/>
    public bool Supersedes(StoredCase other) =>
        (LastUpdatedAt, Revision).CompareTo((other.LastUpdatedAt, other.Revision)) > 0;

    /// <exception cref="ArgumentException">A field is not within its limits; the caller should have checked it.</exception>
    public static StoredCase From(SupportCase update)
    {
        ArgumentNullException.ThrowIfNull(update);
        Bounds.Text(update.CaseId, SupportCase.MaxIdLength);
        Bounds.Require(update.Revision >= 0, "A revision is 0 or greater.");
        Bounds.Text(update.Title, SupportCase.MaxTitleLength);
        Bounds.Defined(update.Status);
        Bounds.Defined(update.Severity);
        Bounds.Text(update.Product, SupportCase.MaxNameLength);
        Bounds.OptionalText(update.Cloud, SupportCase.MaxNameLength);
        Bounds.OptionalText(update.Location, SupportCase.MaxNameLength);
        Bounds.OptionalText(update.PrimaryContact, SupportCase.MaxContactLength);
        Bounds.Require(!(update.ClosedAt < update.CreatedAt), "A case is not closed before it was created.");

        return new(
            update.CaseId,
            update.Revision,
            update.LastUpdatedAt.UtcTicks,
            update.CreatedAt.UtcTicks,
            update.Title,
            update.Status,
            update.Severity,
            update.Product,
            update.Cloud,
            update.Location,
            update.SlaMet,
            update.FirstResponseAt?.UtcTicks,
            update.ResolvedAt?.UtcTicks,
            update.ClosedAt?.UtcTicks,
            update.PrimaryContact);
    }

    public SupportCase ToCase() => new(
        CaseId,
        Revision,
        Instant(LastUpdatedAt),
        Instant(CreatedAt),
        Title,
        Status,
        Severity,
        Product,
        Cloud,
        Location,
        SlaMet,
        Instant(FirstResponseAt),
        Instant(ResolvedAt),
        Instant(ClosedAt),
        PrimaryContact);

    /// <summary>Returns the case with repeated strings from the pool.</summary>
    public StoredCase With(StringPool pool) => this with
    {
        Product = pool.Share(Product),
        Cloud = pool.Share(Cloud),
        Location = pool.Share(Location),
        PrimaryContact = pool.Share(PrimaryContact),
    };

    private static DateTimeOffset Instant(long ticks) => new(ticks, TimeSpan.Zero);

    private static DateTimeOffset? Instant(long? ticks) => ticks is { } known ? Instant(known) : null;
}
