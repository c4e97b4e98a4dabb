using System.Text.RegularExpressions;

namespace EngageCenter.Cluster.Tests.Metrics;

/// <summary>The answer of a host to a scrape, in Prometheus' text format.</summary>
internal sealed partial class Exposition
{
    private Exposition(string text)
    {
        Text = text;
        foreach (var line in text.Split('\n'))
        {
            if (Family().Match(line) is { Success: true } family)
            {
                Families[family.Groups[1].Value] = family.Groups[2].Value;
            }
            else if (Sample().Match(line) is { Success: true } sample)
            {
                var labels = Labels.TryGetValue(sample.Groups[1].Value, out var known) ? known : Labels[sample.Groups[1].Value] = [];
                labels.UnionWith(Label().Matches(sample.Groups[2].Value).Select(l => l.Groups[1].Value));
            }
        }
    }

    public string Text { get; }

    /// <summary>The families by name, with their kind: counter, gauge or histogram.</summary>
    public Dictionary<string, string> Families { get; } = [];

    /// <summary>The series by name, with the names of all their labels.</summary>
    public Dictionary<string, HashSet<string>> Labels { get; } = [];

    public static async Task<Exposition> Of(Node node)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        return new(await http.GetStringAsync(new Uri(node.MetricsUrl, "/metrics")));
    }

    [GeneratedRegex(@"^# TYPE (\w+) (\w+)$")]
    private static partial Regex Family();

    [GeneratedRegex(@"^(\w+)(?:\{(.*)\})? \S+$")]
    private static partial Regex Sample();

    [GeneratedRegex("""([a-zA-Z_]\w*)="(?:[^"\\]|\\.)*"(?:,|$)""")]
    private static partial Regex Label();
}
