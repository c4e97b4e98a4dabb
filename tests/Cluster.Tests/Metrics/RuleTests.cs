using EngageCenter.Cluster.Tests.Deploy;

namespace EngageCenter.Cluster.Tests.Metrics;

/// <summary>Checks of deploy/prometheus and deploy/grafana that need no scraped data.</summary>
public class RuleTests
{
    private static readonly List<YamlDotNet.RepresentationModel.YamlNode> rules =
        [.. Yaml.Read("deploy/prometheus/alerts.yml")[0].List("groups").SelectMany(g => g.List("rules"))];

    [Fact]
    public void Every_rule_has_a_reason_and_an_instruction() => Assert.All(rules, rule =>
    {
        Assert.All(["summary", "reason", "action"], annotation => Assert.NotEmpty(rule.Text($"annotations/{annotation}") ?? ""));
        Assert.Contains(rule.Text("labels/severity"), (string[])["critical", "warning"]);
    });

    // The tests of the rules also say which rules are silent in an ordinary hour.
    [Fact]
    public async Task Every_rule_fires_when_it_should()
    {
        await using var promtool = ProgramProcess.Of("promtool", Path.Combine(Repository.Root, "deploy/prometheus"), "test", "rules", "alerts.test.yml");
        Assert.True(await promtool.Ended() == 0, promtool.ToString());

        // Only expectations for the query of firing alerts count.
        var fired = Yaml.Read("deploy/prometheus/alerts.test.yml")[0].List("tests").SelectMany(t => t.List("promql_expr_test"))
            .Where(t => t.Text("expr") == "count by (alertname) (ALERTS{alertstate=\"firing\"})").SelectMany(t => t.List("exp_samples"))
            .Select(sample => sample.Text("labels"));
        Assert.Equal(rules.Select(rule => $$"""{alertname="{{rule.Text("alert")}}"}""").Order(StringComparer.Ordinal), fired.Order(StringComparer.Ordinal));
    }

    // Debian's promtool does not support the discovery of pods, so it checks the rest of the Kubernetes configuration.
    [Theory]
    [InlineData("prometheus.yml")]
    [InlineData("kubernetes.yml")]
    public async Task Prometheus_reads_its_configuration(string config)
    {
        using var folder = new TempFolder();
        var deployed = Path.Combine(Repository.Root, "deploy/prometheus");
        File.Copy(Path.Combine(deployed, "alerts.yml"), Path.Combine(folder.Path, "alerts.yml"));
        folder.Write(config, File.ReadAllText(Path.Combine(deployed, config)).Replace("kubernetes_sd_configs: [{ role: pod }]", "static_configs: []", StringComparison.Ordinal));

        await using var promtool = ProgramProcess.Of("promtool", folder.Path, "check", "config", config);

        Assert.True(await promtool.Ended() == 0, promtool.ToString());
    }

    // Rules and dashboards use the job names under which hosts are discovered.
    [Fact]
    public void Both_configurations_find_every_host_on_the_port_of_its_metrics()
    {
        var compose = Assert.Single(Yaml.Read("docker-compose.yml"));
        var jobs = Yaml.Read("deploy/prometheus/prometheus.yml")[0].List("scrape_configs");
        Assert.Equal(["silo", "web", "portal"], jobs.Select(j => j.Text("job_name")));
        Assert.All(jobs, job =>
        {
            var host = job.Text("job_name")!;
            Assert.Equal(host == "portal" ? [host] : [host, $"{host}-azure"], job.Texts("dns_sd_configs/0/names"));
            Assert.Equal($"http://0.0.0.0:{job.Text("dns_sd_configs/0/port")}", compose.Map($"services/{host}/environment")["Metrics__Url"]);

            var pod = Manifests.Of(host)[0].At("spec/template")!;
            var port = Assert.Single(pod.List("spec/containers/0/ports"), p => p.Text("name") == "metrics").Text("containerPort");
            Assert.Equal(port, job.Text("dns_sd_configs/0/port"));
            Assert.Equal(("engage-center", host), (pod.Map("metadata/labels")["app.kubernetes.io/name"], pod.Map("metadata/labels")["app.kubernetes.io/component"]));
        });
        var relabel = Yaml.Read("deploy/prometheus/kubernetes.yml")[0].List("scrape_configs/0/relabel_configs");
        Assert.Equal("engage-center;metrics", relabel[0].Text("regex"));
        Assert.Equal(["__meta_kubernetes_pod_label_app_kubernetes_io_component"], relabel.Single(r => r.Text("target_label") == "job").Texts("source_labels"));
    }

    [Fact]
    public void Dashboards_use_the_provided_data_source_and_have_unique_names()
    {
        var source = Yaml.Read("deploy/grafana/provisioning/datasources/prometheus.yml")[0].Text("datasources/0/uid");
        var boards = Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy/grafana/dashboards"), "*.json")
            .Select(file => (Name: Path.GetFileNameWithoutExtension(file), Board: System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(file))!)).ToList();

        Assert.Equal(5, boards.Count);
        Assert.All(boards, b =>
        {
            Assert.Equal(b.Name, b.Board["uid"]!.GetValue<string>());
            Assert.All(b.Board["panels"]!.AsArray(), panel =>
            {
                Assert.Equal(source, panel!["datasource"]!["uid"]!.GetValue<string>());
                Assert.NotEmpty(panel["description"]!.GetValue<string>());
            });
        });
    }
}
