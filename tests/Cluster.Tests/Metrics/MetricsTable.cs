using System.Text.RegularExpressions;

namespace EngageCenter.Cluster.Tests.Metrics;

/// <summary>A row of the table in docs/run/metrics.md.</summary>
/// <param name="InPrometheus">The name of the family of series.</param>
/// <param name="CountsOn">silo, web or both.</param>
internal sealed partial record DocumentedMetric(string Name, string InPrometheus, string Kind, string Unit, string Attributes, string CountsOn)
{
    public static IReadOnlyList<DocumentedMetric> All { get; } = [.. File.ReadLines(Path.Combine(Repository.Root, "docs/run/metrics.md"))
        .Select(line => Row().Match(line)).Where(row => row.Success)
        .Select(row => new DocumentedMetric(
            row.Groups["name"].Value, row.Groups["exported"].Value, row.Groups["kind"].Value, row.Groups["unit"].Value,
            row.Groups["attributes"].Value.Replace("`", "", StringComparison.Ordinal), row.Groups["on"].Value))];

    /// <summary>The kind as the exporter names it.</summary>
    public string KindInPrometheus => Kind is "up-down counter" ? "gauge" : Kind;

    [GeneratedRegex(@"^\| `(?<name>engagecenter\.[a-z_.]+)` \| `(?<exported>[a-z_]+)` \| (?<kind>[a-z-]+( counter)?) \| `(?<unit>[^`]+)` \|( (?<attributes>`[a-z_`, ]+`))? \| (?<on>silo|web|both) \| [^|]+ \|$")]
    private static partial Regex Row();
}
