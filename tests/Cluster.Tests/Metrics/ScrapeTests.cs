using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using EngageCenter.Cluster.Tests.Deploy;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests.Metrics;

/// <summary>What a silo and a web node export to Prometheus equals docs/run/metrics.md, and has everything that dashboards and alert rules query.</summary>
public sealed class ScrapeTests(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(90);

    // Labels that Prometheus itself adds.
    private static readonly string[] ofPrometheus = ["job", "instance"];

    private readonly TempFolder folder = new();
    private RunningCluster cluster = null!;

    public async Task InitializeAsync() => cluster = await RunningCluster.Start(new(Members: 1), silos: 1, webNodes: 1, metrics: true);

    public async Task DisposeAsync() => await cluster.DisposeAsync();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Metrics_match_the_table_and_queries_use_only_existing_series()
    {
        // The metrics of a silo and a web node before the first request.
        var (atFirst, webAtFirst) = (await Exposition.Of(cluster.SiloNodes[0]), await Exposition.Of(cluster.Web[0]));
        Assert.All(DocumentedMetric.All.Where(m => m.Kind == "counter"), counter => Assert.Contains(
            counter.InPrometheus, (counter.CountsOn == "web" ? webAtFirst : atFirst).Families.Keys));

        var secrets = await Use();
        var (silo, web) = (atFirst, webAtFirst);
        await Until.True(async () =>
        {
            (silo, web) = (await Exposition.Of(cluster.SiloNodes[0]), await Exposition.Of(cluster.Web[0]));
            return Missing().Count == 0;
        }, bound, () => $"These are scraped: {string.Join(", ", Missing())}. {cluster}");

        // The other direction: each of our metrics is in the table, as documented there.
        foreach (var (name, kind) in silo.Families.Concat(web.Families).Where(f => f.Key.StartsWith("engagecenter_", StringComparison.Ordinal)))
        {
            var metric = Assert.Single(DocumentedMetric.All, m => m.InPrometheus == name);
            Assert.Equal((name, metric.KindInPrometheus), (name, kind));
        }

        foreach (var metric in DocumentedMetric.All.Where(m => m.Name != "engagecenter.storage.refused_rows"))
        {
            var series = metric.Kind == "histogram" ? $"{metric.InPrometheus}_count" : metric.InPrometheus;
            var labels = (metric.CountsOn == "web" ? web : silo).Labels[series].Except(["otel_scope_name"]);
            Assert.Equal($"{metric.Name}: {metric.Attributes}", $"{metric.Name}: {string.Join(", ", labels)}");
        }

        // Series have all labels that a query compares or groups by.
        var known = Labels();
        foreach (var query in Query.All)
        {
            var series = query.Series.Where(s => s.Name != "up").ToList();
            Assert.True(series.Count > 0 || query.Series.Any(), $"Nothing is asked for by {query}");
            foreach (var (name, compared) in series.Where(s => s.Name != "engagecenter_storage_refused_rows_total"))
            {
                var unknown = compared.Concat(query.Groups).Except(known[name]).Except(ofPrometheus).ToList();
                Assert.True(unknown.Count == 0, $"{query} has labels that {name} does not have: {string.Join(", ", unknown)}");
            }
        }

        Assert.All(secrets, text => Assert.False(
            silo.Text.Contains(text, StringComparison.OrdinalIgnoreCase) || web.Text.Contains(text, StringComparison.OrdinalIgnoreCase), $"'{text}' was exported."));

        // The addresses for callers and probes do not serve metrics.
        using var http = new HttpClient();
        foreach (var node in new[] { cluster.SiloNodes[0], cluster.Web[0] })
        {
            using var answer = await http.GetAsync(new Uri(node.Url, "/metrics"));
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        await PrometheusAnswers();

        List<string> Missing()
        {
            var labels = Labels();
            return [.. DocumentedMetric.All.Where(m => m.CountsOn != "web").Select(m => m.InPrometheus).Except(silo.Families.Keys)
                .Concat(DocumentedMetric.All.Where(m => m.CountsOn != "silo").Select(m => m.InPrometheus).Except(web.Families.Keys))
                .Concat(Query.All.SelectMany(q => q.Series).Select(s => s.Name).Where(name => name != "up" && !labels.ContainsKey(name))).Distinct()];
        }

        Dictionary<string, HashSet<string>> Labels()
        {
            var all = silo.Labels.ToDictionary(l => l.Key, l => l.Value.ToHashSet());
            foreach (var (name, labels) in web.Labels)
            {
                if (!all.TryAdd(name, labels))
                {
                    all[name].UnionWith(labels);
                }
            }

            return all;
        }
    }

    // Asks Prometheus itself, with the deployed rules.
    private async Task PrometheusAnswers()
    {
        var port = FreePort.Next();
        var config = folder.Write("prometheus.yml", $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: ["{{Path.Combine(Repository.Root, "deploy/prometheus/alerts.yml")}}"]
            scrape_configs:
              - job_name: silo
                static_configs: [{ targets: ["{{cluster.SiloNodes[0].MetricsUrl.Authority}}"] }]
              - job_name: web
                static_configs: [{ targets: ["{{cluster.Web[0].MetricsUrl.Authority}}"] }]
            """);
        await using var prometheus = ProgramProcess.Of("prometheus", folder.Path,
            $"--config.file={config}", $"--storage.tsdb.path={folder.Folder("tsdb")}", string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{port}"));
        using var http = new HttpClient { BaseAddress = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")) };

        await Until.True(async () =>
        {
            try
            {
                using var ready = await http.GetAsync(new Uri("/-/ready", UriKind.Relative));
                return ready.IsSuccessStatusCode && (await Ask("count(up == 1)")).FirstOrDefault()?["value"]![1]!.GetValue<string>() == "2";
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, bound, () => $"Prometheus scrapes both. {prometheus}");

        foreach (var query in Query.All)
        {
            var result = await Ask(query.Text);
            output.WriteLine($"{result.Count,3} series: {query.From}");
        }

        await Until.True(
            async () => Rules(await http.GetFromJsonAsync<JsonNode>("/api/v1/rules")).All(r => r["health"]!.GetValue<string>() == "ok"),
            bound, () => $"All rules are evaluated. {prometheus}");
        Assert.Equal(
            Yaml.Read("deploy/prometheus/alerts.yml")[0].List("groups").SelectMany(g => g.List("rules")).Select(r => r.Text("alert")),
            Rules(await http.GetFromJsonAsync<JsonNode>("/api/v1/rules")).Select(r => r["name"]!.GetValue<string>()));

        async Task<JsonArray> Ask(string query)
        {
            using var answer = await http.GetAsync(new Uri($"/api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative));
            var body = await answer.Content.ReadFromJsonAsync<JsonNode>();
            Assert.True(answer.IsSuccessStatusCode, $"{query}: {body}");
            return body!["data"]!["result"]!.AsArray();
        }

        static List<JsonNode> Rules(JsonNode? answer) => [.. answer!["data"]!["groups"]!.AsArray().SelectMany(g => g!["rules"]!.AsArray()).Select(r => r!)];
    }

    /// <returns>Texts that must not occur in any metric.</returns>
    private async Task<string[]> Use()
    {
        using var client = new ClusterClient(cluster);
        var (automation, manager, member) = (await client.Automation(), await client.Person(Organization.Manager), await client.Person(Organization.Member(0)));
        var agreement = await client.Insist(
            HttpMethod.Put, automation, "/v1/agreements/measured",
            Samples.Agreement("Workload", Organization.Tenant, "Contoso", Organization.ManagerId, "package"));
        var workspace = agreement.Body!["workspaces"]![0]!["workspaceId"]!.GetValue<string>();
        var group = $"/v1/workspaces/{workspace}/groups/{Organization.Group}";
        await client.Insist(HttpMethod.Put, manager, group, new JsonObject { ["roles"] = new JsonArray("SupportUser") });
        await client.Insist(HttpMethod.Get, member, $"/v1/workspaces/{workspace}");
        Assert.Equal(HttpStatusCode.NoContent, (await client.Send(cluster.Web[0], HttpMethod.Delete, manager, group)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await client.Send(cluster.Web[0], HttpMethod.Get, member, $"/v1/workspaces/{workspace}")).Status);
        await client.Insist(HttpMethod.Put, manager, group, new JsonObject { ["roles"] = new JsonArray("SupportUser") });
        return [workspace, Organization.Tenant, Organization.Group, Organization.ManagerId, Organization.Manager, Organization.Member(0), "c0000000-0000-4000-9000", member[^40..], "measured"];
    }
}
