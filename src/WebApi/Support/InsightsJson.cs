using EngageCenter.Support;

namespace EngageCenter.WebApi.Support;

/// <summary>What support did in the window [from, to).</summary>
/// <param name="ByMonth">One entry for each calendar month (UTC) that the window touches.</param>
/// <param name="BySeverity">Over the opened ones, greatest count first; so for status and product.</param>
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

/// <param name="Open">Created before the window's end, and not closed before it.</param>
/// <param name="SlaMetPercent">Null where no SLA is known.</param>
/// <param name="MedianHoursToClose">Null where none closed.</param>
/// <param name="P90HoursToClose">Nearest rank; null where none closed.</param>
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
