using CsCheck;
using EngageCenter.Paging;
using static EngageCenter.Support.Updates;

namespace EngageCenter.Support;

public class SupportCasesTests
{
    private static readonly CaseQuery All = new(null, null, null, null, null, null, new(PageRequest.MaxSize, null));

    [Fact]
    public void State_does_not_depend_on_order_batches_or_repetition() =>
        Gen.Select(Any.Array[0, 150], Gen.Int[1, 40], Gen.Int).Sample((updates, batch, seed) =>
        {
            var distinct = updates.WithoutTies().ToArray();
            var random = new Random(seed);
            var shuffled = distinct.Concat(distinct.Where(_ => random.Next(3) == 0)).OrderBy(_ => random.Next()).ToArray();

            Assert.Equal(Everything(Applied(distinct)), Everything(Applied(shuffled, batch)));
        }, iter: 1_000);

    [Fact]
    public void Applied_and_ignored_count_every_update_once() =>
        Gen.Select(Any.Array[0, 60], Any.Array[0, 60]).Sample((before, batch) =>
        {
            var cases = Applied(before);
            var was = Everything(cases).ToDictionary(c => c.CaseId);
            var decision = cases.Decide([.. batch]);
            Assert.Equal(was.Values.Order(ByPlace), Everything(cases));
            cases.Apply(decision.Newer);
            var became = Everything(cases).Count(c => !was.TryGetValue(c.CaseId, out var old) || c != old);

            Assert.Equal(IngestStatus.Applied, decision.Outcome.Status);
            Assert.Equal(batch.Length, decision.Outcome.Applied + decision.Outcome.Ignored);
            Assert.Equal(decision.Newer.Length, decision.Outcome.Applied);
            Assert.Equal(became, decision.Newer.Count(n => !was.TryGetValue(n.CaseId, out var old) || StoredCase.From(old) != n));
        });

    [Fact]
    public void Newest_of_several_updates_in_one_batch_counts()
    {
        var cases = new SupportCases();
        var decision = cases.Decide([Case("1", Start, revision: 1), Case("1", Start, revision: 3), Case("1", Start, revision: 2), Case("2", Start)]);

        Assert.Equal(new(IngestStatus.Applied, 2, 2), decision.Outcome);
        cases.Apply(decision.Newer);
        Assert.Equal(3, Everything(cases).Single(c => c.CaseId == "1").Revision);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 1, 1)]
    [InlineData(0, -1, 0)]
    [InlineData(1, -1, 1)]
    [InlineData(-1, 1, 0)]
    public void Later_update_time_counts_more_than_a_greater_revision(int minutes, int revisions, int applied)
    {
        var cases = Applied([Case("1", Start, revision: 5)]);
        var outcome = cases.Decide([Case("1", Start, revision: 5 + revisions, updated: Start.AddMinutes(minutes))]).Outcome;

        Assert.Equal(new(IngestStatus.Applied, applied, 1 - applied), outcome);
    }

    [Fact]
    public void Ids_that_differ_in_case_are_two_cases()
    {
        Assert.Equal(2, Applied([Case("a", Start), Case("A", Start)]).Count);
    }

    [Fact]
    public void Batch_above_the_limit_is_refused_and_known_cases_still_change()
    {
        var cases = new SupportCases(limit: 2);
        cases.Apply(cases.Decide([Case("1", Start), Case("2", Start)]).Newer);

        var refused = cases.Decide([Case("1", Start, revision: 1), Case("3", Start)]);
        Assert.Equal(new(IngestStatus.TooManyCases, 0, 0), refused.Outcome);
        Assert.Empty(refused.Newer);
        Assert.Equal(1, cases.Decide([Case("1", Start, revision: 1)]).Outcome.Applied);
    }

    [Fact]
    public void Value_outside_of_the_limits_throws()
    {
        var cases = new SupportCases();
        SupportCase[] faults =
        [
            Case("", Start),
            Case(new('x', (2 * SupportCase.MaxIdLength) + 1), Start),
            Case("1", Start, revision: -1),
            Case("1", Start, title: ""),
            Case("1", Start, title: new('x', (2 * SupportCase.MaxTitleLength) + 1)),
            Case("1", Start, product: new('x', (2 * SupportCase.MaxNameLength) + 1)),
            Case("1", Start, status: (CaseStatus)5),
            Case("1", Start, severity: (CaseSeverity)4),
            Case("1", Start) with { Location = new('x', (2 * SupportCase.MaxNameLength) + 1) },
            Case("1", Start) with { PrimaryContact = new('x', (2 * SupportCase.MaxContactLength) + 1) },
        ];

        Assert.All(faults, fault => Assert.Throws<ArgumentException>(() => cases.Decide([fault])));
        Assert.Throws<ArgumentException>(() => cases.Decide([.. Enumerable.Range(0, SupportCase.MaxBatch + 1).Select(i => Case($"{i}", Start))]));
        Assert.Throws<ArgumentException>(() => cases.Decide(default));
    }

    [Fact]
    public void Stored_case_is_read_back_with_times_in_UTC()
    {
        var update = new SupportCase(
            "1", 7, Start.ToOffset(TimeSpan.FromHours(2)), Start.AddTicks(1), "Title", CaseStatus.Resolved, CaseSeverity.One, "Product",
            "Cloud", "Location", false, Start.AddHours(1), Start.AddHours(2), Start.AddHours(3), "someone@example.com");

        var read = Everything(Applied([update])).Single();
        Assert.Equal(update, read);
        Assert.Equal(TimeSpan.Zero, read.LastUpdatedAt.Offset);
    }

    [Fact]
    public void Pages_have_every_matching_case_once_in_order() =>
        Gen.Select(Any.Array[0, 150], Queries, Gen.Int[1, 20], Gen.Int[1, 50]).Sample((updates, query, size, batch) =>
        {
            var cases = Applied(updates, batch);
            var expected = Everything(cases).Where(c => Matches(c, query)).ToList();
            Assert.Equal(Everything(cases).Order(ByPlace), Everything(cases));

            List<SupportCase> read = [];
            string? after = null;
            do
            {
                var page = cases.Page(query with { Page = new(size, after) });
                Assert.Equal(query.Count ? expected.Count : 0, page.TotalCount);
                Assert.True(page.Items.Length == size || page.Next is null);
                Assert.True(page.Next is null || page.Next.Length <= PageRequest.MaxAfterLength);
                read.AddRange(page.Items);
                after = page.Next;
            }
            while (after is not null);

            Assert.Equal(expected, read);
        }, iter: 1_000);

    [Theory]
    [InlineData("café", "CAFÉ", true)]
    [InlineData("café", "cafe", false)]
    [InlineData("Straße", "STRASSE", true)]
    [InlineData("anything", "", true)]
    [InlineData("a*b", "*", true)]
    [InlineData("ab", "*", false)]
    public void Search_is_insensitive_to_case(string title, string search, bool found)
    {
        var cases = Applied([Case("1", Start, title: title)]);
        Assert.Equal(found ? 1 : 0, cases.Page(All with { Search = search }).TotalCount);
    }

    [Fact]
    public void Next_page_continues_behind_its_cursor_after_changes()
    {
        var cases = Applied(Enumerable.Range(0, 10).Select(i => Case($"{i}", Start.AddDays(i))));
        var first = cases.Page(All with { Page = new(4, null) });
        Assert.Equal(["9", "8", "7", "6"], first.Items.Select(c => c.CaseId));

        cases.Apply(cases.Decide([Case("new", Start.AddDays(20)), Case("6", Start.AddDays(6), revision: 1), Case("5|", Start.AddDays(5))]).Newer);
        var second = cases.Page(All with { Page = new(4, first.Next) });
        Assert.Equal(["5", "5|", "4", "3"], second.Items.Select(c => c.CaseId));
        Assert.Equal(["2", "1", "0"], cases.Page(All with { Page = new(4, second.Next) }).Items.Select(c => c.CaseId));
    }

    [Fact]
    public void A_cursor_may_hold_any_case_id()
    {
        var cases = Applied([Case("|", Start), Case("||", Start), Case("a|b", Start)]);
        var page = cases.Page(All with { Page = new(1, null) });
        page = cases.Page(All with { Page = new(1, page.Next) });
        page = cases.Page(All with { Page = new(1, page.Next) });
        Assert.Equal("||", Assert.Single(page.Items).CaseId);
        Assert.Null(page.Next);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("|")]
    [InlineData("12")]
    [InlineData("12|")]
    [InlineData("-1|a")]
    [InlineData(" 1|a")]
    [InlineData("a|a")]
    [InlineData("99999999999999999999|a")]
    [InlineData("9223372036854775807|a")]
    [InlineData("1|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Unknown_cursor_is_refused(string cursor)
    {
        var cases = Applied([Case("1", Start)]);
        Assert.Throws<InvalidCursorException>(() => cases.Page(All with { Page = new(1, cursor) }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(501)]
    public void Page_size_outside_of_the_range_throws(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SupportCases().Page(All with { Page = new(size, null) }));

    [Fact]
    public void Scan_sees_the_cases_from_when_it_began()
    {
        var cases = new SupportCases();
        cases.Apply([StoredCase.From(Case("CASE-1", Start)), StoredCase.From(Case("CASE-2", Start.AddDays(1)))]);
        var query = All with { Search = "case" };
        var window = new InsightsWindow(Start.AddDays(-1), Start.AddDays(30));
        var (page, insights) = (cases.Scan(query), cases.ScanInsights(window, Start));

        cases.Apply([StoredCase.From(Case("CASE-1", Start.AddDays(2), revision: 1)), StoredCase.From(Case("CASE-3", Start.AddDays(3)))]);

        Assert.Equal(["CASE-2", "CASE-1"], page().Items.Select(c => c.CaseId));
        Assert.Equal(["CASE-3", "CASE-1", "CASE-2"], cases.Scan(query)().Items.Select(c => c.CaseId));

        // Outdated figures are not kept for later callers.
        var (of, computed) = insights();
        cases.Keep(window, of, computed);
        Assert.Equal(2, computed.Totals.Opened);
        Assert.Equal(3, cases.Insights(window, Start).Totals.Opened);
    }

    [Fact]
    public void Products_without_cases_are_forgotten()
    {
        var columns = new CaseColumns();
        columns.Add(StoredCase.From(Case("1", Start, product: "0")));
        for (var i = 1; i < 100; i++)
        {
            columns.Replace(0, StoredCase.From(Case("1", Start, revision: i, product: $"{i}")));
        }

        var still = columns.Still();
        Assert.InRange(still.Products.Length, 1, 2);
        Assert.Equal("99", still.Products[still.Cases[0].Product]);
    }

    private static Gen<CaseQuery> Queries { get; } =
        from status in Gen.Frequency((3, Gen.Const((CaseStatus?)null)), (1, Gen.Enum<CaseStatus>().Select(s => (CaseStatus?)s)))
        from severity in Gen.Frequency((3, Gen.Const((CaseSeverity?)null)), (1, Gen.Enum<CaseSeverity>().Select(s => (CaseSeverity?)s)))
        from product in OneOf(null, null, null, "Product a", "product a", "Product b")
        from search in OneOf(null, null, null, "CASE-1", "case-2", "IS wrong", "nothing")
        from window in Gen.Select(Instant, Instant, Gen.Int[0, 3])
        from count in Gen.Bool
        select new CaseQuery(
            status,
            severity,
            product,
            search,
            window.Item3 is 1 or 3 ? window.Item1 : null,
            window.Item3 is 2 or 3 ? window.Item2 : null,
            new(1, null),
            count);

    private static Gen<string?> OneOf(params string?[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Comparer<SupportCase> ByPlace { get; } = Comparer<SupportCase>.Create((one, other) =>
        one.CreatedAt != other.CreatedAt ? other.CreatedAt.CompareTo(one.CreatedAt) : string.CompareOrdinal(one.CaseId, other.CaseId));

    private static bool Matches(SupportCase c, CaseQuery query) =>
        (query.Status ?? c.Status) == c.Status
        && (query.Severity ?? c.Severity) == c.Severity
        && (query.Product ?? c.Product) == c.Product
        && $"{c.CaseId}\n{c.Title}".ToUpperInvariant().Contains((query.Search ?? "").ToUpperInvariant(), StringComparison.Ordinal)
        && (query.From is null || query.From <= c.CreatedAt)
        && (query.To is null || c.CreatedAt < query.To);

    private static SupportCase[] Everything(SupportCases cases) => [.. cases.Page(All).Items];
}
