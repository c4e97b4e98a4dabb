using System.Collections.Immutable;
using System.Globalization;
using EngageCenter.Paging;
using EngageCenter.Storage;

namespace EngageCenter.Support;

/// <summary>The decision on a batch.</summary>
/// <param name="Outcome">The answer, once <paramref name="Newer"/> is stored.</param>
/// <param name="Newer">The new states, one for each case that changes; empty if none does.</param>
internal readonly record struct IngestDecision(IngestOutcome Outcome, ImmutableArray<StoredCase> Newer);

/// <summary>The newest state of every case of a workspace, with the order of the list and the columns for insights.</summary>
/// <param name="limit">The most cases of the workspace.</param>
internal sealed class SupportCases(int limit = SupportCase.MaxPerWorkspace)
{
    /// <summary>The most windows whose insights are kept until the cases change.</summary>
    private const int MaxCached = 16;

    private readonly Dictionary<string, int> rows = new(StringComparer.Ordinal);
    private readonly List<StoredCase> table = [];
    private readonly CaseColumns columns = new();
    private readonly StringPool pool = new();
    private readonly Dictionary<InsightsWindow, SupportInsights> cache = [];
    private CaseOrder? order;

    // Copies that queries share until an update is applied.
    private StoredCase[]? still;
    private StillColumns? stillColumns;

    public int Count => table.Count;

    private CaseOrder Order => order ??= new(table);

    /// <summary>Returns the case with strings that all cases share.</summary>
    public StoredCase Share(StoredCase one) => one.With(pool);

    /// <summary>Decides on a batch. Changes nothing.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="SupportCase.MaxBatch"/> updates, or a field is not within its limits.</exception>
    public IngestDecision Decide(ImmutableArray<SupportCase> updates)
    {
        if (updates.IsDefault || updates.Length > SupportCase.MaxBatch)
        {
            throw new ArgumentException($"A batch has at most {SupportCase.MaxBatch} updates.", nameof(updates));
        }

        Dictionary<string, StoredCase> newer = new(StringComparer.Ordinal);
        var added = 0;
        foreach (var update in updates)
        {
            var next = StoredCase.From(update);
            var isKnown = rows.TryGetValue(next.CaseId, out var row);
            if (newer.TryGetValue(next.CaseId, out var inBatch) ? next.Supersedes(inBatch) : !isKnown || next.Supersedes(table[row]))
            {
                added += isKnown || inBatch is not null ? 0 : 1;
                newer[next.CaseId] = Share(next);
            }
        }

        return table.Count + added > limit
            ? new(new(IngestStatus.TooManyCases, 0, 0), [])
            : new(new(IngestStatus.Applied, newer.Count, updates.Length - newer.Count), [.. newer.Values]);
    }

    /// <summary>Takes over stored states.</summary>
    /// <param name="newer">At most one for each case.</param>
    public void Apply(IEnumerable<StoredCase> newer)
    {
        List<(int Row, StoredCase Next)> replaced = [];
        List<StoredCase> moving = [];
        List<int> inserted = [];
        foreach (var next in newer)
        {
            if (rows.TryGetValue(next.CaseId, out var row))
            {
                replaced.Add((row, next));
                if (table[row].CreatedAt != next.CreatedAt)
                {
                    moving.Add(table[row]);
                    inserted.Add(row);
                }
            }
            else
            {
                rows.Add(next.CaseId, table.Count);
                inserted.Add(table.Count);
                table.Add(next);
                columns.Add(next);
            }
        }

        Order.Remove(moving);
        foreach (var (row, next) in replaced)
        {
            table[row] = next;
            columns.Replace(row, next);
        }

        Order.Insert(inserted);
        cache.Clear();
        (still, stillColumns) = (null, null);
    }

    /// <summary>Returns a page, newest created first, then by case id. The total is 0 unless it is asked for.</summary>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    public Page<SupportCase> Page(CaseQuery query) => PageOf(query, position => Order[position])();

    /// <summary>Returns a function for a <see cref="Page"/> of the cases as they are now. Any thread may call it later.</summary>
    /// <exception cref="InvalidCursorException">The page's cursor does not belong to this list.</exception>
    public Func<Page<SupportCase>> Scan(CaseQuery query, CancellationToken cancellation = default)
    {
        var all = still ??= Order.ToArray();
        return PageOf(query, position => all[position], cancellation);
    }

    /// <summary>Whether every case of the requested time range matches, so that no scan is needed.</summary>
    public static bool IsOpen(CaseQuery query) => query is { Status: null, Severity: null, Product: null, Search: null };

    private Func<Page<SupportCase>> PageOf(CaseQuery query, Func<int, StoredCase> at, CancellationToken cancellation = default)
    {
        Bounds.Page(query.Page);
        Bounds.Query(query.Product);
        Bounds.Query(query.Search);
        var begin = query.To is { } to ? Order.FirstCreatedBefore(to.UtcTicks) : 0;
        var end = query.From is { } from ? Order.FirstCreatedBefore(from.UtcTicks) : Order.Count;
        var start = query.Page.After is { } cursor ? Math.Max(begin, PositionAfter(cursor)) : begin;
        return () =>
        {
            var filter = IsOpen(query) ? null : new CaseFilter(query);
            return Pages.Of(
                at, begin, end, start, query.Page.Size, query.Count,
                filter is null ? null : filter.Matches, found => found.ToCase(), CursorOf,
                found => Weight.Of(found.Title, found.Product, found.Cloud, found.Location, found.PrimaryContact), cancellation);
        };
    }

    /// <inheritdoc cref="Support.Insights.Compute"/>
    public SupportInsights Insights(InsightsWindow window, DateTimeOffset now)
    {
        if (Known(window) is { } known)
        {
            return known with { GeneratedAt = now };
        }

        var (of, computed) = ScanInsights(window, now)();
        Keep(window, of, computed);
        return computed;
    }

    /// <summary>Returns the insights of a window if they were computed since the last change; otherwise null.</summary>
    public SupportInsights? Known(InsightsWindow window) => cache.GetValueOrDefault(window);

    /// <summary>Returns a function that computes insights of the cases as they are now. Any thread may call it later; give its result to <see cref="Keep"/>.</summary>
    public Func<(StillColumns Of, SupportInsights Insights)> ScanInsights(InsightsWindow window, DateTimeOffset now, CancellationToken cancellation = default)
    {
        var of = stillColumns ??= columns.Still();
        return () => (of, Support.Insights.Compute(of, window, now, cancellation));
    }

    /// <summary>Keeps insights, unless the cases have changed since they were computed.</summary>
    public void Keep(InsightsWindow window, StillColumns of, SupportInsights computed)
    {
        if (!ReferenceEquals(of, stillColumns))
        {
            return;
        }

        if (cache.Count == MaxCached)
        {
            cache.Clear();
        }

        cache[window] = computed;
    }

    private static string CursorOf(SupportCase last) =>
        string.Create(CultureInfo.InvariantCulture, $"{last.CreatedAt.UtcTicks}|{last.CaseId}");

    // The cursor's case may have moved or changed since, so the cursor's place counts.
    private int PositionAfter(string cursor)
    {
        var split = cursor.IndexOf('|', StringComparison.Ordinal);
        if (split < 0
            || !long.TryParse(cursor.AsSpan(0, split), NumberStyles.None, CultureInfo.InvariantCulture, out var createdAt)
            || createdAt > DateTimeOffset.MaxValue.UtcTicks
            || cursor.Length - split - 1 is 0 or > 2 * SupportCase.MaxIdLength)
        {
            throw new InvalidCursorException();
        }

        var place = (createdAt, cursor[(split + 1)..]);
        var position = Order.PositionOf(place);
        return position < Order.Count && CaseOrder.Compare(place, (Order[position].CreatedAt, Order[position].CaseId)) == 0
            ? position + 1
            : position;
    }
}
