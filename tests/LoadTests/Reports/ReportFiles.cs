namespace EngageCenter.LoadTests;

/// <summary>Writes reports to files.</summary>
internal static class ReportFiles
{
    /// <summary>The results of a page are between these marks. The rest of the page is written by people.</summary>
    public const string Begin = "<!-- results -->";
    public const string End = "<!-- /results -->";

    /// <summary>Writes <c>report.json</c>, <c>report.md</c> and <c>plot.svg</c> into a folder, which is created.</summary>
    public static async Task WriteAsync(string folder, LoadReport report)
    {
        await InAsync(folder, async () =>
        {
            Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(Path.Combine(folder, "report.json"), report.ToJson());
            await File.WriteAllTextAsync(Path.Combine(folder, "report.md"), $"# Load test\n{MarkdownReport.Write([report], "plot.svg")}");
            await File.WriteAllTextAsync(Path.Combine(folder, "plot.svg"), Plot.Draw([report]));
        });
    }

    /// <summary>
    /// Puts several reports into a page between its marks, and the plot beside the page under the same name. A missing page is
    /// created.
    /// </summary>
    public static async Task CompareAsync(string page, IReadOnlyList<LoadReport> reports)
    {
        await InAsync(page, async () =>
        {
            var text = File.Exists(page) ? await File.ReadAllTextAsync(page) : $"# Load tests\n{Begin}\n{End}\n";
            var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
            if (begin < 0 || end < begin)
            {
                throw new ReportException($"{page} has no place for results: a line {Begin} and a line {End}.");
            }

            var plot = Path.ChangeExtension(page, ".svg");
            var results = MarkdownReport.Write(reports, Path.GetFileName(plot));
            await File.WriteAllTextAsync(plot, Plot.Draw(reports));
            await File.WriteAllTextAsync(page, $"{text[..begin]}{Begin}\n{results}{text[end..]}");
        });
    }

    private static async Task InAsync(string path, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ReportException($"{path} cannot be written: {e.Message}", e);
        }
    }
}
