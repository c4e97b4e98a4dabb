using System.Text.Json;
using CsCheck;
using static EngageCenter.Support.Updates;

namespace EngageCenter.Support;

public class InsightsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Computation_ends_when_its_caller_is_gone() =>
        Assert.Throws<OperationCanceledException>(() => Applied([Case("1", Start)]).ScanInsights(new(Start, Start.AddDays(1)), Now, new(canceled: true))());

    [Fact]
    public void Insights_equal_a_recomputation_from_the_newest_states() =>
        Gen.Select(Any.Array[0, 200], Instant, Instant, Gen.Int[0, 59]).Where((_, one, other, _) => one != other).Sample((updates, one, other, minutes) =>
        {
            var window = new InsightsWindow(one < other ? one : other, (one < other ? other : one).AddMinutes(minutes));
            Equal(Recomputation.Of(updates.WithoutTies(), window, Now), Applied(updates.WithoutTies()).Insights(window, Now));
        }, iter: 1_000);

    [Fact]
    public void Insights_follow_every_change() =>
        Gen.Select(Any.Array[1, 100], Gen.Int[1, 10]).Sample((updates, batch) =>
        {
            var window = new InsightsWindow(Start, Start.AddMonths(18));
            var cases = new SupportCases();
            List<SupportCase> all = [];
            foreach (var chunk in updates.WithoutTies().Chunk(batch))
            {
                cases.Apply(cases.Decide([.. chunk]).Newer);
                all.AddRange(chunk);
                Equal(Recomputation.Of(all, window, Now), cases.Insights(window, Now));
            }
        }, iter: 50);

    [Fact]
    public void Without_cases_there_are_months_and_no_figures()
    {
        var insights = new SupportCases().Insights(new(Start.AddDays(14), Start.AddMonths(1)), Now);

        Assert.Equal(new InsightTotals(0, 0, 0, null, null, null), insights.Totals);
        Assert.Equal(new MonthInsight(new(2024, 1, 1), 0, 0, 0), Assert.Single(insights.ByMonth));
        Assert.Empty(insights.BySeverity);
        Assert.Empty(insights.ByStatus);
        Assert.Empty(insights.ByProduct);
    }

    // Rows of an earlier release have names as they came, in any Unicode form.
    [Fact]
    public void Product_stored_in_two_Unicode_forms_is_counted_as_one()
    {
        var composed = StoredCase.From(Case("1", Start, product: "Caf\u00E9"));
        var row = JsonSerializer.Serialize(composed with { CaseId = "2" }).Replace("\\u00E9", "e\u0301", StringComparison.Ordinal);
        Assert.Contains("e\u0301", row, StringComparison.Ordinal);
        var cases = new SupportCases();
        cases.Apply([composed, JsonSerializer.Deserialize<StoredCase>(row)!]);

        Assert.Equal(new ProductCount("Caf\u00E9", 2), Assert.Single(cases.Insights(new(Start, Start.AddDays(1)), Now).ByProduct));
    }

    [Theory]
    [InlineData(new[] { 5 }, 5.0, 5.0)]
    [InlineData(new[] { 1, 2 }, 1.5, 2.0)]
    [InlineData(new[] { 3, 1, 2 }, 2.0, 3.0)]
    [InlineData(new[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, 5.5, 9.0)]
    [InlineData(new[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, 6.0, 10.0)]
    [InlineData(new[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 }, 10.5, 18.0)]
    public void Median_and_90th_percentile_by_nearest_rank(int[] hours, double median, double p90)
    {
        var cases = Applied(hours.Select((h, i) =>
            Case($"{i}", Start, status: CaseStatus.Closed, closed: Start.AddHours(h))));
        var totals = cases.Insights(new(Start, Start.AddDays(2)), Now).Totals;

        Assert.Equal((median, p90), (totals.MedianHoursToClose, totals.P90HoursToClose));
    }

    [Fact]
    public void A_case_counts_as_closed_only_while_its_status_says_so()
    {
        var window = new InsightsWindow(Start, Start.AddMonths(1));
        var cases = Applied([Case("1", Start, status: CaseStatus.Closed, closed: Start.AddHours(1))]);
        Assert.Equal((1, 0), (cases.Insights(window, Now).Totals.Closed, cases.Insights(window, Now).Totals.Open));

        cases.Apply(cases.Decide([Case("1", Start, revision: 1, status: CaseStatus.InProgress, closed: Start.AddHours(1))]).Newer);
        Assert.Equal((0, 1), (cases.Insights(window, Now).Totals.Closed, cases.Insights(window, Now).Totals.Open));
    }

    [Fact]
    public void Window_includes_its_start_and_excludes_its_end()
    {
        var (from, to) = (Start.AddDays(10), Start.AddDays(20));
        var cases = Applied(
        [
            Case("at from", from, status: CaseStatus.Closed, closed: from),
            Case("at to", to, status: CaseStatus.Closed, closed: to),
            Case("across", from.AddTicks(-1), status: CaseStatus.Closed, closed: to),
            Case("last tick", to.AddTicks(-1), status: CaseStatus.Closed, closed: to.AddTicks(-1)),
        ]);
        var totals = cases.Insights(new(from, to), Now).Totals;

        Assert.Equal((2, 2, 1), (totals.Opened, totals.Closed, totals.Open));
    }

    [Fact]
    public void Products_are_ordered_by_count_and_then_by_name()
    {
        var insights = Applied(
        [
            Case("1", Start, severity: CaseSeverity.A, product: "b", status: CaseStatus.Resolved),
            Case("2", Start, severity: CaseSeverity.One, product: "B", status: CaseStatus.InProgress),
            Case("3", Start, severity: CaseSeverity.C, product: "a", status: CaseStatus.New),
            Case("4", Start, severity: CaseSeverity.C, product: "c", status: CaseStatus.New),
            Case("5", Start, severity: CaseSeverity.B, product: "c", status: CaseStatus.Closed),
        ]).Insights(new(Start, Start.AddDays(1)), Now);

        Assert.Equal([new(CaseSeverity.C, 2), new(CaseSeverity.One, 1), new(CaseSeverity.A, 1), new(CaseSeverity.B, 1)], insights.BySeverity.ToArray());
        Assert.Equal([new(CaseStatus.New, 2), new(CaseStatus.Closed, 1), new(CaseStatus.InProgress, 1), new(CaseStatus.Resolved, 1)], insights.ByStatus.ToArray());
        Assert.Equal([new("c", 2), new("B", 1), new("a", 1), new("b", 1)], insights.ByProduct.ToArray());
    }

    [Fact]
    public void Empty_window_or_one_with_too_many_months_is_refused()
    {
        var cases = new SupportCases();
        Assert.Throws<ArgumentOutOfRangeException>(() => cases.Insights(new(Start, Start), Now));
        Assert.Throws<ArgumentOutOfRangeException>(() => cases.Insights(new(Start, Start.AddTicks(-1)), Now));
        Assert.Throws<ArgumentOutOfRangeException>(() => cases.Insights(new(Start, Start.AddMonths(InsightsWindow.MaxMonths).AddTicks(1)), Now));
        Assert.Equal(InsightsWindow.MaxMonths, cases.Insights(new(Start, Start.AddMonths(InsightsWindow.MaxMonths)), Now).ByMonth.Length);
        Assert.Equal(12, cases.Insights(new(DateTimeOffset.MaxValue.AddMonths(-11), DateTimeOffset.MaxValue), Now).ByMonth.Length);
    }

    [Fact]
    public void Months_are_in_UTC_for_any_offset()
    {
        var offset = TimeSpan.FromHours(9);
        var window = new InsightsWindow(new(2024, 3, 1, 0, 0, 0, offset), new(2024, 4, 1, 9, 0, 0, offset));
        var insights = new SupportCases().Insights(window, Now);

        Assert.Equal([new DateOnly(2024, 2, 1), new(2024, 3, 1)], insights.ByMonth.Select(m => m.Month));
        Assert.Equal(window, insights.Window);
    }

    [Fact]
    public void Insights_are_remembered_until_the_cases_change()
    {
        var cases = Applied([Case("1", Start)]);
        var window = new InsightsWindow(Start, Start.AddMonths(1));
        var (first, second) = (cases.Insights(window, Now), cases.Insights(window, Now.AddHours(1)));

        Assert.True(first.ByProduct == second.ByProduct);
        Assert.Equal(Now.AddHours(1), second.GeneratedAt);
        cases.Apply(cases.Decide([Case("2", Start)]).Newer);
        Assert.Equal(2, cases.Insights(window, Now).Totals.Opened);
    }

    private static void Equal(SupportInsights expected, SupportInsights actual)
    {
        Assert.Equal(expected.Window, actual.Window);
        Assert.Equal(Rounded(expected.Totals), Rounded(actual.Totals));
        Assert.Equal(expected.ByMonth.ToArray(), actual.ByMonth.ToArray());
        Assert.Equal(expected.BySeverity.ToArray(), actual.BySeverity.ToArray());
        Assert.Equal(expected.ByStatus.ToArray(), actual.ByStatus.ToArray());
        Assert.Equal(expected.ByProduct.ToArray(), actual.ByProduct.ToArray());
    }

    private static InsightTotals Rounded(InsightTotals totals) => totals with
    {
        SlaMetPercent = Rounded(totals.SlaMetPercent),
        MedianHoursToClose = Rounded(totals.MedianHoursToClose),
        P90HoursToClose = Rounded(totals.P90HoursToClose),
    };

    private static double? Rounded(double? value) => value is { } known ? Math.Round(known, 6) : null;
}
