using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace EngageCenter.LoadTests;

/// <summary>
/// Draws the plot of a report as SVG: for one cluster the latency of each operation by percentile, for several clusters the cost
/// of an operation by the number of silos.
/// </summary>
internal static class Plot
{
    private const double Width = 960;
    private const double Height = 540;
    private const string Font = "Arial, Helvetica, sans-serif";

    /// <summary>Text is measured in Arial, and some viewers use wider letters.</summary>
    private const double LegendPadding = 30;

    /// <summary>The last percentile of the axis. The slowest operation, at 100 %, is drawn there.</summary>
    private const double LastPercentile = 99.999;

    public static string TitleOf(IReadOnlyList<LoadReport> reports) => IsComparison(reports)
        ? "Processor time of an operation by number of silos"
        : "Latency by percentile";

    public static string Draw(IReadOnlyList<LoadReport> reports)
    {
        var model = IsComparison(reports) ? Cost(reports) : Latency(reports[0]);
        model.Title = TitleOf(reports);
        model.Background = OxyColors.White;
        model.DefaultFont = Font;
        model.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.RightTop, LegendPadding = LegendPadding });

        // Some viewers do not support the attribute that puts text below or above a point.
        var exporter = new SvgExporter { Width = Width, Height = Height, UseVerticalTextAlignmentWorkaround = true };
        return exporter.ExportToString(model).ReplaceLineEndings("\n");
    }

    private static bool IsComparison(IReadOnlyList<LoadReport> reports) => reports.Count > 1;

    private static PlotModel Latency(LoadReport report)
    {
        var model = new PlotModel();

        // The axis shows the share of slower operations: each decade adds a nine to the percentile.
        model.Axes.Add(new LogarithmicAxis
        {
            Position = AxisPosition.Bottom,
            Title = "percentile",
            StartPosition = 1,
            EndPosition = 0,
            Minimum = 100 - LastPercentile,
            Maximum = 100,
            IntervalLength = 150,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColors.LightGray,
            MinorTickSize = 0,
            LabelFormatter = slower => $"{100 - slower:0.###} %",
        });
        model.Axes.Add(new LogarithmicAxis
        {
            Position = AxisPosition.Left,
            Title = "latency in ms",
            AxisTitleDistance = 12,
            IntervalLength = 100,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColors.LightGray,
            LabelFormatter = milliseconds => $"{milliseconds:0.###}",
        });
        foreach (var (run, operation) in report.Runs.SelectMany(r => r.Operations, (run, operation) => (run, operation)))
        {
            var series = new LineSeries { Title = operation.Kind == run.Scenario ? run.Scenario : $"{run.Scenario}: {operation.Kind}" };
            series.Points.AddRange(operation.Curve
                .Where(p => p.Milliseconds > 0)
                .Select(p => new DataPoint(Math.Max(100 - p.Percentile, 100 - LastPercentile), p.Milliseconds)));
            model.Series.Add(series);
        }

        return model;
    }

    private static PlotModel Cost(IReadOnlyList<LoadReport> reports)
    {
        var model = new PlotModel();
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "silos", MajorStep = 1, MinorTickSize = 0, MinimumPadding = 0.05, MaximumPadding = 0.05 });
        model.Axes.Add(new LogarithmicAxis
        {
            Position = AxisPosition.Left,
            Title = "µs of the silos' processor time for each operation",
            IntervalLength = 100,
            AxisTitleDistance = 12,
            MajorGridlineStyle = LineStyle.Solid,
            MajorGridlineColor = OxyColors.LightGray,
            LabelFormatter = microseconds => $"{microseconds:0.###}",
        });
        var known = reports.SelectMany(r => r.Runs, (report, run) => (report.Target.Silos, run))
            .Where(r => !r.run.Processors.IsEmpty && r.run.Processors[0].Of.StartsWith("silos", StringComparison.Ordinal));
        foreach (var scenario in known.GroupBy(r => $"{r.run.Scenario}, {r.run.Load}"))
        {
            var series = new LineSeries { Title = scenario.Key, MarkerType = MarkerType.Circle, MarkerSize = 4 };
            series.Points.AddRange(scenario.OrderBy(s => s.Silos).Select(s => new DataPoint(s.Silos, s.run.Processors[0].Microseconds)));
            model.Series.Add(series);
        }

        return model;
    }
}
