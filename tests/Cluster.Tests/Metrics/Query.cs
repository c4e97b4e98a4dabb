using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EngageCenter.Cluster.Tests.Deploy;

namespace EngageCenter.Cluster.Tests.Metrics;

/// <param name="From">The rule or panel that it is from.</param>
/// <param name="Text">PromQL, with a range in place of Grafana's variable.</param>
internal sealed partial record Query(string From, string Text)
{
    private static readonly HashSet<string> words = ["by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "bool", "offset"];

    /// <summary>The queries of all rules and dashboards.</summary>
    public static IReadOnlyList<Query> All { get; } =
    [
        .. Yaml.Read("deploy/prometheus/alerts.yml")[0].List("groups").SelectMany(g => g.List("rules"))
            .Select(rule => new Query($"alert {rule.Text("alert")}", rule.Text("expr")!)),
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy/grafana/dashboards"), "*.json").Order(StringComparer.Ordinal)
            .Select(file => JsonNode.Parse(File.ReadAllText(file))!)
            .SelectMany(board => board["panels"]!.AsArray(), (board, panel) => (Board: board["title"]!.GetValue<string>(), Panel: panel!))
            .SelectMany(p => p.Panel["targets"]!.AsArray(), (p, target) => new Query(
                $"{p.Board}, {p.Panel["title"]}", target!["expr"]!.GetValue<string>().Replace("$__rate_interval", "1m", StringComparison.Ordinal))),
    ];

    /// <summary>Every series in the query, with the labels in its braces.</summary>
    public IEnumerable<(string Name, string[] Labels)> Series => Name().Matches(Grouping().Replace(Text, ""))
        .Where(m => !words.Contains(m.Groups[1].Value))
        .Select(m => (m.Groups[1].Value, LabelName().Matches(m.Groups[2].Value).Select(l => l.Groups[1].Value).ToArray()));

    /// <summary>The labels by which the query groups.</summary>
    public IEnumerable<string> Groups => Grouping().Matches(Text).SelectMany(m => m.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex(@"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();

    // A name that is not a function and not within braces, brackets or a number.
    [GeneratedRegex("""(?<![\w"$.\[{,])\b([a-zA-Z_]\w*)\b(?!\s*\()(?!\s*[=!~]+")(?:\{((?:[^}"]|"[^"]*")*)\})?""")]
    private static partial Regex Name();

    [GeneratedRegex("""(\w+)\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex LabelName();
}
