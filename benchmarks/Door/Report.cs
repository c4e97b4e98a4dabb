using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace EngageCenter.Door;

/// <summary>Writes the results and the machine in Markdown.</summary>
internal static class Report
{
#if DEBUG
    private const string Build = "**Debug build, which says nothing: use -c Release**";
#else
    private const string Build = "Release";
#endif

    public static string Of(ImmutableArray<Contestant> contestants, Result result, DoorSettings settings)
    {
        var text = new StringBuilder(Heading("The door", settings.CommandLine));
        Line($"{settings.People} people with {settings.Groups} groups each, {settings.Connections} connections with one request under way each, {settings.Rounds} rounds of {settings.Seconds} s for each contestant in turns of 250 ms. Medians of the rounds, with least and most; p50 and p99 over all requests.");
        Line("");
        var cerbos = contestants.Select((c, n) => (c.Name, n)).Where(c => c.Name == Servers.Cerbos).Select(c => (int?)c.n).FirstOrDefault();
        Line($"| | requests/s | of {contestants[0].Name} | of {Servers.Cerbos} | p50 µs | p99 µs | processor µs/request | by process | client µs | not 200 |");
        Line("|---|---|---|---|---|---|---|---|---|---|");
        for (var whose = 0; whose < contestants.Length; whose++)
        {
            var kinds = contestants[whose].Processes.Length;
            ImmutableArray<Lap> laps = [.. result.Rounds.Select(round => round[whose])];
            var byProcess = contestants[whose].Processes.Select((p, kind) => $"{p.Kind} {Median(laps.Select(l => l.MicrosecondsPerRequest(kind))):F1}");
            Line(string.Join(" | ",
                $"| {contestants[whose].Name}",
                $"{Median(laps.Select(l => l.PerSecond)):N0}",
                Spread(result.Rounds.Select(round => round[whose].PerSecond / round[0].PerSecond)),
                cerbos is { } other ? Spread(result.Rounds.Select(round => round[whose].PerSecond / round[other].PerSecond)) : "",
                result.Latencies[whose].GetValueAtPercentile(50).ToString("N0", CultureInfo.InvariantCulture),
                result.Latencies[whose].GetValueAtPercentile(99).ToString("N0", CultureInfo.InvariantCulture),
                $"{Median(laps.Select(l => Enumerable.Range(0, kinds).Sum(l.MicrosecondsPerRequest))):F1}",
                string.Join(", ", byProcess),
                $"{Median(laps.Select(l => l.MicrosecondsPerRequest(kinds))):F1}",
                $"{laps.Sum(l => l.Refused)} |"));
        }

        return text.ToString();

        void Line(string line) => text.Append(line).Append('\n');
    }

    /// <summary>Returns what was run, when, where, and with which commit.</summary>
    public static string Heading(string title, string arguments)
    {
        var date = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        return $"""
            # {title}, {date} UTC, commit {Git("rev-parse", "--short", "HEAD")}{(Git("status", "--porcelain", "--untracked-files=no").Length > 0 ? " with changes" : "")}
            `dotnet run -c Release --project benchmarks/Door -- {arguments}`

            {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}, {Processor()}, {Environment.ProcessorCount} cores, {Build}. The client is on the same cores. Load average {Load()} at the end; other work may have shared the machine.


            """;
    }

    public static string Spread(IEnumerable<double> values, string format = "F3")
    {
        ImmutableArray<double> sorted = [.. values.Order()];
        return $"**{Text(Median(sorted))}** {Text(sorted[0])}–{Text(sorted[^1])}";

        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    private static double Median(IEnumerable<double> values)
    {
        ImmutableArray<double> sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Processor() => OperatingSystem.IsLinux()
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "an unknown processor"
        : "an unknown processor";

    private static string Load() => OperatingSystem.IsLinux() ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]) : "unknown";

    private static string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, WorkingDirectory = Repository.Root })!;
        var said = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        return said.Trim();
    }
}
