using System.Globalization;
using System.Text;

namespace EngageCenter.LoadTests;

/// <summary>Writes the results of one or several clusters side by side as Markdown.</summary>
internal static class MarkdownReport
{
    private const string NotMeasured = "–";

    /// <param name="plot">The image's path, relative to the page.</param>
    public static string Write(IReadOnlyList<LoadReport> reports, string plot)
    {
        var page = new StringBuilder();
        Where(page, reports);
        foreach (var scenario in reports.SelectMany(r => r.Runs, (report, run) => (report, run)).GroupBy(r => (r.run.Scenario, r.run.Load)))
        {
            Scenario(page, scenario.Key.Scenario, scenario.Key.Load, [.. scenario]);
        }

        page.Append(CultureInfo.InvariantCulture, $"![{Plot.TitleOf(reports)}]({plot})\n");
        return page.ToString();
    }

    private static void Where(StringBuilder page, IReadOnlyList<LoadReport> reports)
    {
        page.Append("| | |\n|---|---|\n");
        Row("measured", reports.Select(r => r.MeasuredAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)));
        Row("machine", reports.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.On.Cores} cores of {r.On.Processor}, {r.On.Gigabytes} GiB, {r.On.System}")));
        Row("load average before", reports.Select(r => r.On.LoadAverage?.ToString("F2", CultureInfo.InvariantCulture) ?? NotMeasured));
        Row(".NET", reports.Select(r => $"{r.On.DotNet}, {r.On.Build}"));
        Row("Orleans", reports.Select(r => r.On.Orleans));
        Row("commit", reports.Select(r => r.On.Commit));
        Row("silos", reports.Select(r => $"{r.Target.Silos} {r.Target.Description}"));
        Row("data", reports.Select(r => r.Data));
        Row("time", reports.Select(r => r.Timing));
        Row("command", reports.Select(r => $"`{r.Command}`"));
        page.Append('\n');

        void Row(string name, IEnumerable<string> values) => page.Append(CultureInfo.InvariantCulture, $"| {name} | {string.Join("<br>", values.Distinct().Select(Cell))} |\n");
    }

    private static void Scenario(StringBuilder page, string name, string load, IReadOnlyList<(LoadReport Report, RunResult Run)> runs)
    {
        page.Append(CultureInfo.InvariantCulture, $"### {name}, {load}\n");
        page.Append("| silos | operations per second | silos, µs of processor per operation | client, µs per operation | cores busy, silos | cores busy, client | waited for a place | errors |\n");
        page.Append("|---|---|---|---|---|---|---|---|\n");
        foreach (var (report, run) in runs)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {report.Target.Silos} | {run.PerSecond:F1} | {Use(run, "silos", u => u.Microseconds)} | {Use(run, "client", u => u.Microseconds)} ");
            page.Append(CultureInfo.InvariantCulture, $"| {Use(run, "silos", u => u.Cores)} | {Use(run, "client", u => u.Cores)} | {run.Waited} | {run.ErrorCount}{(run.IsInterrupted ? "; interrupted" : "")} |\n");
        }

        // In a closed loop no operation starts late, so latency and service time are equal.
        var isOpen = runs.Any(r => r.Run.IsOpen);
        page.Append(CultureInfo.InvariantCulture, $"\n| silos | operation | count | per second | p50 | p90 | p99 | p99.9 | max |{(isOpen ? " service p50 | service p99 | start late p50 | start late p99 |" : "")}\n");
        page.Append(CultureInfo.InvariantCulture, $"|---|---|---|---|---|---|---|---|---|{(isOpen ? "---|---|---|---|" : "")}\n");
        foreach (var (report, run) in runs)
        {
            foreach (var o in run.Operations)
            {
                page.Append(CultureInfo.InvariantCulture, $"| {report.Target.Silos} | {o.Kind} | {o.Count} | {o.PerSecond:F1} | {Time(o.Latency.P50)} | {Time(o.Latency.P90)} | {Time(o.Latency.P99)} | {Time(o.Latency.P999)} | {Time(o.Latency.Max)} |");
                page.Append(isOpen ? $" {Time(o.Service.P50)} | {Time(o.Service.P99)} | {Time(o.Delay.P50)} | {Time(o.Delay.P99)} |\n" : "\n");
            }
        }

        Errors(page, runs);
        page.Append('\n');
    }

    private static void Errors(StringBuilder page, IReadOnlyList<(LoadReport Report, RunResult Run)> runs)
    {
        var errors = runs.SelectMany(r => r.Run.Errors, (r, error) => (r.Report.Target.Silos, Error: error)).ToList();
        if (errors.Count == 0)
        {
            return;
        }

        page.Append("\n| silos | operation | error | count | the first of them |\n|---|---|---|---|---|\n");
        foreach (var (silos, error) in errors)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {silos} | {error.Operation} | {error.Error} | {error.Count} | {Cell(error.First)} |\n");
        }
    }

    // If silos and client share a process, there is one figure for both, shown with the silos.
    private static string Use(RunResult run, string of, Func<ProcessorUse, double> figure)
    {
        foreach (var use in run.Processors)
        {
            if (use.Of == of)
            {
                return figure(use).ToString("F2", CultureInfo.InvariantCulture);
            }

            if (use.Of.Contains(" and ", StringComparison.Ordinal))
            {
                return of == "silos" ? $"{figure(use).ToString("F2", CultureInfo.InvariantCulture)} with the client" : "with the silos";
            }
        }

        return NotMeasured;
    }

    // Milliseconds with three significant digits.
    private static string Time(double milliseconds) =>
        milliseconds.ToString(milliseconds < 10 ? "F2" : milliseconds < 100 ? "F1" : "F0", CultureInfo.InvariantCulture);

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
}
