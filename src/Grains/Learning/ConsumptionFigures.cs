using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace EngageCenter.Learning;

/// <summary>
/// How many courses were started and completed, by month and product. The counters are updated with each enrolment, because
/// there are many enrolments and few counters. An enrolment counts at most twice, so there are at most twice as many counters.
/// </summary>
internal sealed class ConsumptionFigures
{
    private readonly Dictionary<(int Month, string Product), ConsumptionCounts> counters = [];
    private Consumption? current;

    /// <param name="before">The enrolment as it was counted before, or null.</param>
    public void Count(StoredEnrollment? before, StoredEnrollment now)
    {
        if (before is null)
        {
            Add(now.StartedAt, now.Course.Product, new(1, 0));
        }

        if (before?.CompletedAt is null && now.CompletedAt is { } completed)
        {
            Add(completed, now.Course.Product, new(0, 1));
        }
    }

    public Consumption View(DateTimeOffset now) => (current ??= Compute()) with { GeneratedAt = now };

    private void Add(long instant, string product, ConsumptionCounts counts)
    {
        var at = new DateTime(instant, DateTimeKind.Utc);
        ref var counter = ref CollectionsMarshal.GetValueRefOrAddDefault(counters, ((at.Year * 12) + at.Month - 1, product), out _);
        counter = counter.Plus(counts);
        current = null;
    }

    private Consumption Compute()
    {
        var months = counters.ToLookup(c => c.Key.Month);
        var (first, last) = counters.Count == 0 ? (0, -1) : (months.Min(m => m.Key), months.Max(m => m.Key));
        return new(
            default,
            Sum(counters),
            [.. Enumerable.Range(first, last - first + 1).Select(m => new MonthConsumption(
                new(m / 12, (m % 12) + 1, 1), Sum(months[m]), ByProduct(months[m])))],
            ByProduct(counters));
    }

    private static ConsumptionCounts Sum(IEnumerable<KeyValuePair<(int Month, string Product), ConsumptionCounts>> counted) =>
        counted.Aggregate(default(ConsumptionCounts), (sum, c) => sum.Plus(c.Value));

    private static ImmutableArray<ProductConsumption> ByProduct(IEnumerable<KeyValuePair<(int Month, string Product), ConsumptionCounts>> counted) =>
    [
        .. counted.GroupBy(c => c.Key.Product, StringComparer.Ordinal)
            .Select(p => new ProductConsumption(p.Key, Sum(p)))
            .OrderByDescending(p => p.Counts.Started)
            .ThenBy(p => p.Product, StringComparer.Ordinal),
    ];
}
