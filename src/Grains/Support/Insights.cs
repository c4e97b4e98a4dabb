using System.Collections.Immutable;
using EngageCenter.Paging;

namespace EngageCenter.Support;

/// <summary>Computes the insights of a window from the newest state of every case, in one pass over the columns.</summary>
internal static class Insights
{
    private static readonly ImmutableArray<string> StatusNames = [.. Enum.GetNames<CaseStatus>()];

    /// <exception cref="ArgumentOutOfRangeException">The window is empty, or covers more than <see cref="InsightsWindow.MaxMonths"/> months.</exception>
    public static SupportInsights Compute(StillColumns columns, InsightsWindow window, DateTimeOffset now, CancellationToken cancellation = default)
    {
        var (from, to) = (window.From.UtcTicks, window.To.UtcTicks);
        var (firstMonth, ends) = Months(from, to);
        var months = ends.Length;

        var openedIn = new int[months + 1];
        var closedIn = new int[months + 1];
        var openChange = new int[months + 1];
        var bySeverity = new int[4];
        var byStatus = new int[StatusNames.Length];
        var byProduct = new int[columns.Products.Length];
        var (slaKnown, slaMet) = (0, 0);
        List<long> ticksToClose = [];

        var passed = 0;
        foreach (ref readonly var column in columns.Cases.AsSpan())
        {
            if (passed++ % Pages.BetweenLooks == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            // The first month that ends after the time; 'months' if there is none.
            var created = After(ends, column.CreatedAt);
            var closed = After(ends, column.ClosedAt);

            // The case is open at the month ends after its creation and before its closing. If it was closed before it was created, at none.
            if (created < closed)
            {
                openChange[created]++;
                openChange[closed]--;
            }

            if (column.ClosedAt >= from && column.ClosedAt < to)
            {
                closedIn[closed]++;
                ticksToClose.Add(column.ClosedAt - column.CreatedAt);
            }

            if (column.CreatedAt >= from && column.CreatedAt < to)
            {
                openedIn[created]++;
                bySeverity[column.Severity]++;
                byStatus[column.Status]++;
                byProduct[column.Product]++;
                slaKnown += column.Sla == SlaState.Unknown ? 0 : 1;
                slaMet += column.Sla == SlaState.Met ? 1 : 0;
            }
        }

        var byMonth = ImmutableArray.CreateBuilder<MonthInsight>(months);
        var (opened, open) = (0, 0);
        for (var i = 0; i < months; i++)
        {
            opened += openedIn[i];
            open += openChange[i];
            byMonth.Add(new(firstMonth.AddMonths(i), openedIn[i], closedIn[i], open));
        }

        // Every number that a case has is in use, so it has a name.
        string NameOf(int product) => columns.Products[product]!;

        ticksToClose.Sort();
        return new(
            new(window.From.ToUniversalTime(), window.To.ToUniversalTime()),
            now,
            new(
                opened,
                ticksToClose.Count,
                open,
                slaKnown == 0 ? null : 100.0 * slaMet / slaKnown,
                Median(ticksToClose),
                Percentile90(ticksToClose)),
            byMonth.MoveToImmutable(),
            [.. Ranked(bySeverity, severity => WireName((CaseSeverity)severity)).Select(c => new SeverityCount((CaseSeverity)c.Number, c.Count))],
            [.. Ranked(byStatus, status => StatusNames[status]).Select(c => new StatusCount((CaseStatus)c.Number, c.Count))],
            [.. Ranked(byProduct, NameOf).Select(c => new ProductCount(NameOf(c.Number), c.Count))]);
    }

    /// <returns>The first calendar month (UTC) of the window, and the end of each month in ticks. The last one ends with the window.</returns>
    private static (DateOnly First, long[] Ends) Months(long from, long to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from, to, "window");
        var (first, last) = (new DateTime(from), new DateTime(to - 1));
        var count = ((last.Year - first.Year) * 12) + last.Month - first.Month + 1;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, InsightsWindow.MaxMonths, "window");

        var month = new DateOnly(first.Year, first.Month, 1);
        var ends = new long[count];
        for (var i = 0; i < count - 1; i++)
        {
            ends[i] = month.AddMonths(i + 1).ToDateTime(TimeOnly.MinValue).Ticks;
        }

        ends[^1] = to;
        return (month, ends);
    }

    private static int After(ReadOnlySpan<long> ends, long instant)
    {
        var found = ends.BinarySearch(instant);
        return found < 0 ? ~found : found + 1;
    }

    private static double? Median(List<long> sorted)
    {
        var (upper, isOdd) = (sorted.Count / 2, sorted.Count % 2 == 1);
        return sorted.Count == 0 ? null
            : isOdd ? Hours(sorted[upper])
            : (Hours(sorted[upper - 1]) + Hours(sorted[upper])) / 2;
    }

    // The ⌈0.9 n⌉-th smallest value, computed in whole numbers, because 0.9 has no exact double representation.
    private static double? Percentile90(List<long> sorted) =>
        sorted.Count == 0 ? null : Hours(sorted[(int)(((9L * sorted.Count) + 9) / 10) - 1]);

    private static double Hours(long ticks) => (double)ticks / TimeSpan.TicksPerHour;

    /// <summary>Returns the numbers with a count above 0, greatest count first, then by name.</summary>
    private static IOrderedEnumerable<(int Number, int Count)> Ranked(int[] counts, Func<int, string> nameOf) => counts
        .Select((count, number) => (Number: number, Count: count))
        .Where(c => c.Count > 0)
        .OrderByDescending(c => c.Count)
        .ThenBy(c => nameOf(c.Number), StringComparer.Ordinal);

    private static string WireName(CaseSeverity severity) => severity == CaseSeverity.One ? "1" : severity.ToString();
}
