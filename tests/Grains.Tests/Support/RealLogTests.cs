namespace EngageCenter.Support;

public class RealLogTests
{
    private static readonly InsightsWindow AllOfIt = new(new(2016, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2017, 3, 1, 0, 0, 0, TimeSpan.Zero));

    [RealLogFact]
    public void Insights_of_the_real_log_are_as_expected()
    {
        var insights = Updates.Applied(RealLog.Updates()).Insights(AllOfIt, AllOfIt.To);

        Assert.Equal((890, 890, 0), (insights.Totals.Opened, insights.Totals.Closed, insights.Totals.Open));
        Assert.Equal(55.618, insights.Totals.SlaMetPercent!.Value, 3);
        Assert.Equal(173.925, insights.Totals.MedianHoursToClose!.Value, 3);
        Assert.Equal(960.383, insights.Totals.P90HoursToClose!.Value, 3);
        Assert.Equal(14, insights.ByMonth.Length);
        Assert.Equal(new(new(2016, 3, 1), 683, 780, 109), insights.ByMonth[2]);
        Assert.Equal([new(CaseSeverity.B, 757), new(CaseSeverity.C, 85), new(CaseSeverity.A, 33), new(CaseSeverity.One, 15)], insights.BySeverity.ToArray());
        Assert.Equal([new(CaseStatus.Closed, 890)], insights.ByStatus.ToArray());
        Assert.Equal(28, insights.ByProduct.Length);
        Assert.Equal(new("Category 45", 204), insights.ByProduct[0]);
    }

    [RealLogFact]
    public void Every_update_of_the_real_log_counts_once_in_any_order()
    {
        var updates = RealLog.Updates();
        Assert.Equal(5_998, updates.Count);
        Assert.Equal(5_998, updates.WithoutTies().Count());

        var expected = Updates.Applied(updates).Insights(AllOfIt, AllOfIt.To);
        for (var seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var cases = Updates.Applied(updates.OrderBy(_ => random.Next()), random.Next(1, 1_000));
            Assert.Equal(890, cases.Count);
            var actual = cases.Insights(AllOfIt, AllOfIt.To);
            Assert.Equal(expected.Totals, actual.Totals);
            Assert.Equal(expected.ByMonth.ToArray(), actual.ByMonth.ToArray());
            Assert.Equal(expected.ByProduct.ToArray(), actual.ByProduct.ToArray());
        }
    }
}
