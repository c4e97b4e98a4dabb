using System.Collections.Immutable;

namespace EngageCenter.Support;

/// <summary>The time range that figures are about: from From, included, to To, excluded. From is before To, and both lie within <see cref="MaxMonths"/> calendar months.</summary>
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

/// <param name="Opened">Cases created in the window.</param>
/// <param name="Closed">Cases with the status Closed that were closed in the window.</param>
/// <param name="Open">Cases created before the window's end, and not closed before it.</param>
/// <param name="SlaMetPercent">Of the opened cases whose SLA result is known; null if none is.</param>
/// <param name="MedianHoursToClose">Over the closed cases; the mean of the middle two if their number is even; null if none was closed.</param>
/// <param name="P90HoursToClose">The 90th percentile over the closed cases, by nearest rank; null if none was closed.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.InsightTotals")]
public readonly record struct InsightTotals(
    [property: Id(0)] int Opened,
    [property: Id(1)] int Closed,
    [property: Id(2)] int Open,
    [property: Id(3)] double? SlaMetPercent,
    [property: Id(4)] double? MedianHoursToClose,
    [property: Id(5)] double? P90HoursToClose);

/// <param name="Month">The first day of a calendar month in UTC.</param>
/// <param name="Open">At the end of the month or of the window, whichever is earlier.</param>
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
