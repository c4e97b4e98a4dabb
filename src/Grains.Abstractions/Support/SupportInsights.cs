using System.Collections.Immutable;

namespace EngageCenter.Support;

/// <summary>[From, To), in which things are counted. From is before To; at most <see cref="MaxMonths"/> calendar months are touched.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.InsightsWindow")]
public readonly record struct InsightsWindow(
    [property: Id(0)] DateTimeOffset From,
    [property: Id(1)] DateTimeOffset To)
{
    public const int MaxMonths = 2_400;
}

[GenerateSerializer, Immutable, Alias("EngageCenter.SupportInsights")]
public sealed record SupportInsights(
    [property: Id(0)] InsightsWindow Window,
    [property: Id(1)] DateTimeOffset GeneratedAt,
    [property: Id(2)] InsightTotals Totals,
    [property: Id(3)] ImmutableArray<MonthInsight> ByMonth,
    [property: Id(4)] ImmutableArray<SeverityCount> BySeverity,
    [property: Id(5)] ImmutableArray<StatusCount> ByStatus,
    [property: Id(6)] ImmutableArray<ProductCount> ByProduct);

/// <param name="Opened">Created in the window.</param>
/// <param name="Closed">Status Closed, and closed in the window.</param>
/// <param name="Open">Created before the window's end, and not closed before it.</param>
/// <param name="SlaMetPercent">Of the opened ones whose SLA is known; null where none is.</param>
/// <param name="MedianHoursToClose">Over the closed ones, the mean of the middle two for an even count; null where none closed.</param>
/// <param name="P90HoursToClose">Nearest rank; null where none closed.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.InsightTotals")]
public readonly record struct InsightTotals(
    [property: Id(0)] int Opened,
    [property: Id(1)] int Closed,
    [property: Id(2)] int Open,
    [property: Id(3)] double? SlaMetPercent,
    [property: Id(4)] double? MedianHoursToClose,
    [property: Id(5)] double? P90HoursToClose);

/// <param name="Month">The first day of a calendar month in UTC.</param>
/// <param name="Open">At the month's end or the window's, whichever is earlier.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.MonthInsight")]
public readonly record struct MonthInsight(
    [property: Id(0)] DateOnly Month,
    [property: Id(1)] int Opened,
    [property: Id(2)] int Closed,
    [property: Id(3)] int Open);

[GenerateSerializer, Immutable, Alias("EngageCenter.SeverityCount")]
public readonly record struct SeverityCount(
    [property: Id(0)] CaseSeverity Severity,
    [property: Id(1)] int Count);

[GenerateSerializer, Immutable, Alias("EngageCenter.StatusCount")]
public readonly record struct StatusCount(
    [property: Id(0)] CaseStatus Status,
    [property: Id(1)] int Count);

[GenerateSerializer, Immutable, Alias("EngageCenter.ProductCount")]
public readonly record struct ProductCount(
    [property: Id(0)] string Product,
    [property: Id(1)] int Count);
