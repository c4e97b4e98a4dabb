namespace EngageCenter.Support;

/// <summary>Computes support insights in the simplest way from the contract's text, without code of the service.</summary>
internal static class Recomputation
{
    /// <summary>Follows the contract's sentences one by one, each over all cases.</summary>
    public static SupportInsights Of(IEnumerable<SupportCase> updates, InsightsWindow window, DateTimeOffset generatedAt)
    {
        var newest = updates.GroupBy(u => u.CaseId).Select(g => g.OrderBy(u => u.LastUpdatedAt).ThenBy(u => u.Revision).Last()).ToList();
        bool Within(DateTimeOffset? instant, DateTimeOffset from, DateTimeOffset to) => from <= instant && instant < to;
        DateTimeOffset? Closed(SupportCase c) => c.Status == CaseStatus.Closed ? c.ClosedAt : null;
        int Open(DateTimeOffset at) => newest.Count(c => c.CreatedAt < at && !(Closed(c) < at));

        var opened = newest.Where(c => Within(c.CreatedAt, window.From, window.To)).ToList();
        var hours = newest.Where(c => Within(Closed(c), window.From, window.To)).Select(c => (c.ClosedAt!.Value - c.CreatedAt).TotalHours).Order().ToList();
        var known = opened.Where(c => c.SlaMet is not null).ToList();

        List<MonthInsight> months = [];
        var month = new DateTimeOffset(window.From.UtcDateTime.Year, window.From.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);
        for (; month < window.To; month = month.AddMonths(1))
        {
            var from = month < window.From ? window.From : month;
            var to = month.AddMonths(1) < window.To ? month.AddMonths(1) : window.To;
            months.Add(new(
                DateOnly.FromDateTime(month.UtcDateTime),
                opened.Count(c => Within(c.CreatedAt, from, to)),
                newest.Count(c => Within(Closed(c), from, to)),
                Open(to)));
        }

        return new(
            window,
            generatedAt,
            new(
                opened.Count,
                hours.Count,
                Open(window.To),
                known.Count == 0 ? null : known.Count(c => c.SlaMet == true) * 100.0 / known.Count,
                hours.Count == 0 ? null : (hours[(hours.Count - 1) / 2] + hours[hours.Count / 2]) / 2,
                hours.Count == 0 ? null : hours[(int)Math.Ceiling(0.9m * hours.Count) - 1]),
            [.. months],
            [.. opened.GroupBy(c => c.Severity).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Select(g => new SeverityCount(g.Key, g.Count()))],
            [.. opened.GroupBy(c => c.Status).OrderByDescending(g => g.Count()).ThenBy(g => g.Key.ToString(), StringComparer.Ordinal).Select(g => new StatusCount(g.Key, g.Count()))],
            [.. opened.GroupBy(c => c.Product).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => new ProductCount(g.Key, g.Count()))]);
    }
}
