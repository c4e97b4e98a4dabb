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
    public void Three_clusters_side_by_side() => Approved.Matches(
        $"{Folder}/three-clusters.md.txt", MarkdownReport.Write([Example.Report(1), Example.Report(2), Example.Report(3)], "load.svg"));

    [Fact]
    public void All_of_it_in_JSON() => Approved.Matches($"{Folder}/report.json.txt", Example.Report(3, withErrors: true).ToJson());

    [Fact]
    public async Task What_was_written_is_read_again()
    {
        var report = Example.Report(2, withErrors: true);
        await ReportFiles.WriteAsync(folder.File("new/report"), report);

        Assert.Equal(report.ToJson(), (await LoadReport.ReadAsync(folder.File("new/report/report.json"))).ToJson());
        Assert.StartsWith("# Load test\n", await File.ReadAllTextAsync(folder.File("new/report/report.md")), StringComparison.Ordinal);
        Assert.Equal("svg", XDocument.Load(folder.File("new/report/plot.svg")).Root!.Name.LocalName);
    }

    [Fact]
    public void The_plot_of_one_cluster_is_of_latencies() => Assert.All(
        ["Latency by percentile", "latency in ms", "99.9 %", "check", "grant-revoke: grant", "grant-revoke: revoke"],
        text => Assert.Contains(text, Texts(Plot.Draw([Example.Report(3)]))));

    [Fact]
    public void The_plot_of_several_is_of_what_an_operation_costs()
    {
        var texts = Texts(Plot.Draw([Example.Report(1), Example.Report(2)]));

        Assert.Contains("Processor time of an operation by number of silos", texts);
        Assert.Contains("check, 500/s, Poisson arrivals", texts);

        // No processor time is known of it.
        Assert.DoesNotContain(texts, t => t.Contains("grant-revoke", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_keeps_all_but_its_results()
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
    public async Task A_page_without_a_place_for_results_stays_as_it_is(string text)
    {
        var page = folder.Write("load.md", text);

        await Assert.ThrowsAsync<ReportException>(() => ReportFiles.CompareAsync(page, [Example.Report(1)]));
        Assert.Equal(text, await File.ReadAllTextAsync(page));
    }

    [Fact]
    public async Task Reports_are_put_together_from_the_command_line()
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
    public async Task What_is_no_report_is_said_in_one_line(string json)
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
