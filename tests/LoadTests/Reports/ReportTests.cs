using System.Xml.Linq;

namespace EngageCenter.LoadTests;

public sealed class ReportTests : IDisposable
{
    private const string Folder = "tests/LoadTests/Reports";

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void One_cluster() => Approved.Matches($"{Folder}/one-cluster.md.txt", MarkdownReport.Write([Example.Report(3, withErrors: true)], "plot.svg"));

    [Fact]
    public void Report_compares_three_clusters() => Approved.Matches(
        $"{Folder}/three-clusters.md.txt", MarkdownReport.Write([Example.Report(1), Example.Report(2), Example.Report(3)], "load.svg"));

    [Fact]
    public void JSON_report_has_all_figures() => Approved.Matches($"{Folder}/report.json.txt", Example.Report(3, withErrors: true).ToJson());

    [Fact]
    public async Task Written_report_is_read_back()
    {
        var report = Example.Report(2, withErrors: true);
        await ReportFiles.WriteAsync(folder.File("new/report"), report);

        Assert.Equal(report.ToJson(), (await LoadReport.ReadAsync(folder.File("new/report/report.json"))).ToJson());
        Assert.StartsWith("# Load test\n", await File.ReadAllTextAsync(folder.File("new/report/report.md")), StringComparison.Ordinal);
        Assert.Equal("svg", XDocument.Load(folder.File("new/report/plot.svg")).Root!.Name.LocalName);
    }

    [Fact]
    public void Plot_of_one_cluster_shows_latencies() => Assert.All(
        ["Latency by percentile", "latency in ms", "99.9 %", "check", "grant-revoke: grant", "grant-revoke: revoke"],
        text => Assert.Contains(text, Texts(Plot.Draw([Example.Report(3)]))));

    [Fact]
    public void Plot_of_several_clusters_shows_the_cost_of_an_operation()
    {
        var texts = Texts(Plot.Draw([Example.Report(1), Example.Report(2)]));

        Assert.Contains("Processor time of an operation by number of silos", texts);
        Assert.Contains("check, 500/s, Poisson arrivals", texts);

        // Its processor time is unknown.
        Assert.DoesNotContain(texts, t => t.Contains("grant-revoke", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Page_keeps_its_text_outside_of_the_results()
    {
        var page = folder.Write("load.md", $"# Mine\nBefore\n{ReportFiles.Begin}\nOld\n{ReportFiles.End}\nAfter\n");
        await ReportFiles.CompareAsync(page, [Example.Report(1), Example.Report(2)]);
        var text = await File.ReadAllTextAsync(page);

        Assert.StartsWith($"# Mine\nBefore\n{ReportFiles.Begin}\n| | |", text, StringComparison.Ordinal);
        Assert.EndsWith($"(load.svg)\n{ReportFiles.End}\nAfter\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Old", text, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("load.svg")));

        await ReportFiles.CompareAsync(page, [Example.Report(1), Example.Report(2)]);
        Assert.Equal(text, await File.ReadAllTextAsync(page));
    }

    [Theory]
    [InlineData("# A page without marks")]
    [InlineData($"{ReportFiles.End} {ReportFiles.Begin}")]
    public async Task Page_without_marks_for_results_is_not_changed(string text)
    {
        var page = folder.Write("load.md", text);

        await Assert.ThrowsAsync<ReportException>(() => ReportFiles.CompareAsync(page, [Example.Report(1)]));
        Assert.Equal(text, await File.ReadAllTextAsync(page));
    }

    [Fact]
    public async Task Command_line_combines_reports()
    {
        await ReportFiles.WriteAsync(folder.File("1"), Example.Report(1));
        await ReportFiles.WriteAsync(folder.File("2"), Example.Report(2));
        var (exitCode, error) = await Compare(folder.File("1/report.json"), folder.File("2/report.json"));

        Assert.Equal((CommandLine.Ok, ""), (exitCode, error));
        Assert.Contains("| 2 | 500.0 | 200.00 | 50.00 |", await File.ReadAllTextAsync(folder.File("load.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("nothing")]
    [InlineData("null")]
    [InlineData("""{ "format": 2 }""")]
    public async Task Invalid_report_is_refused_in_one_line(string json)
    {
        var (exitCode, error) = await Compare(folder.Write("report.json", json));

        Assert.Equal(CommandLine.Failed, exitCode);
        Assert.StartsWith($"{folder.File("report.json")} ", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.False(File.Exists(folder.File("load.md")));
    }

    private async Task<(int ExitCode, string Error)> Compare(params string[] files)
    {
        using var error = new StringWriter { NewLine = "\n" };
        var exitCode = await new CommandLine().InvokeAsync(
            ["report", "--from", .. files, "--out", folder.File("load.md")], TextWriter.Null, error, (_, _) => throw new NotSupportedException("There is no load."));
        return (exitCode, error.ToString());
    }

    private static List<string> Texts(string svg) => [.. XDocument.Parse(svg).Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
}
