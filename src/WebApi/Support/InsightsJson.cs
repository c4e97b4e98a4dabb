using EngageCenter.Support;

namespace EngageCenter.WebApi.Support;

/// <summary>The support figures of the window [from, to).</summary>
/// <param name="ByMonth">One entry for each calendar month (UTC) that the window touches.</param>
/// <param name="BySeverity">The opened cases by severity, greatest count first; likewise by status and by product.</param>
internal sealed record SupportInsightsResponse(
    string WorkspaceId,
    DateTimeOffset From,
    DateTimeOffset To,
    DateTimeOffset GeneratedAt,
    InsightTotalsJson Totals,
    IReadOnlyList<MonthJson> ByMonth,
    IReadOnlyList<SeverityCountJson> BySeverity,
    IReadOnlyList<StatusCountJson> ByStatus,
    IReadOnlyList<ProductCountJson> ByProduct)
{
    public static SupportInsightsResponse Of(string workspaceId, SupportInsights insights) => new(
        workspaceId,
        insights.Window.From,
        insights.Window.To,
        insights.GeneratedAt,
        InsightTotalsJson.Of(insights.Totals),
        [.. insights.ByMonth.Select(m => new MonthJson(FormattableString.Invariant($"{m.Month:yyyy-MM}"), m.Opened, m.Closed, m.Open))],
        [.. insights.BySeverity.Select(s => new SeverityCountJson(s.Severity, s.Count))],
        [.. insights.ByStatus.Select(s => new StatusCountJson(s.Status, s.Count))],
        [.. insights.ByProduct.Select(p => new ProductCountJson(p.Product, p.Count))]);
}

/// <param name="Open">Cases created before the window's end and not closed before it.</param>
/// <param name="SlaMetPercent">Null if the SLA of no case is known.</param>
/// <param name="MedianHoursToClose">Null if no case was closed.</param>
/// <param name="P90HoursToClose">By nearest rank; null if no case was closed.</param>
internal sealed record InsightTotalsJson(
    int Opened, int Closed, int Open, double? SlaMetPercent, double? MedianHoursToClose, double? P90HoursToClose)
{
    public static InsightTotalsJson Of(InsightTotals totals) => new(
        totals.Opened, totals.Closed, totals.Open, totals.SlaMetPercent, totals.MedianHoursToClose, totals.P90HoursToClose);
}

internal sealed record MonthJson(string Month, int Opened, int Closed, int Open);

internal sealed record SeverityCountJson(CaseSeverity Severity, int Count);

internal sealed record StatusCountJson(CaseStatus Status, int Count);

internal sealed record ProductCountJson(string Product, int Count);
