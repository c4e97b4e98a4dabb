using System.Globalization;
using System.Text.RegularExpressions;

namespace EngageCenter.Cluster.Tests.Deploy;

/// <summary>What can be seen of containers and manifests without running them.</summary>
public partial class DeploymentTests
{
    // What a host that gives up takes beyond its Shutdown:Timeout.
    private static readonly TimeSpan GivingUp = TimeSpan.FromSeconds(5);

    public static TheoryData<string, string, string> Hosts => new()
    {
        { "silo", "src/Silo", "8082" },
        { "web", "src/WebApi", "8080" },
    };

    [Theory]
    [MemberData(nameof(Hosts))]
    public void An_image_is_built_of_what_is_there_and_does_not_run_as_root(string host, string project, string port)
    {
        var service = Assert.Single(Yaml.Read("docker-compose.yml")).At($"services/{host}")!;
        Assert.Equal($"{project}/Dockerfile", service.Text("build/dockerfile"));
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, project, "Dockerfile")).Where(l => !l.StartsWith('#')).ToList();
        var final = lines.FindLastIndex(l => l.StartsWith("FROM ", StringComparison.Ordinal));

        // The framework's version is the project's, to the patch: a tag that moves would make another image of the same source.
        var version = TargetFramework().Match(File.ReadAllText(Path.Combine(Repository.Root, "Directory.Build.props"))).Groups[1].Value;
        Assert.Collection(
            lines.Where(l => l.StartsWith("FROM ", StringComparison.Ordinal)),
            build => Assert.Matches($@"^FROM mcr\.microsoft\.com/dotnet/sdk:{version}\.\d+(@sha256:[0-9a-f]{{64}})? AS build$", build),
            run => Assert.Matches($@"^FROM mcr\.microsoft\.com/dotnet/aspnet:{version}\.\d+(@sha256:[0-9a-f]{{64}})?$", run));

        // What is copied exists, and the projects' output is what runs.
        var copied = lines.Where(l => l.StartsWith("COPY ", StringComparison.Ordinal) && !l.Contains("--from", StringComparison.Ordinal))
            .SelectMany(l => l.Split(' ')[1..^1]).ToList();
        Assert.Contains("deploy/health", copied);
        Assert.All(copied, path => Assert.True(Path.Exists(Path.Combine(Repository.Root, path)), path));
        Assert.Contains(lines, l => l.StartsWith($"RUN dotnet publish {project} ", StringComparison.Ordinal));
        Assert.Equal($"""ENTRYPOINT ["dotnet", "EngageCenter.{Path.GetFileName(project)}.dll"]""", lines[^1]);

        Assert.Contains("USER $APP_UID", lines[final..]);
        Assert.DoesNotContain(lines[final..], l => l.StartsWith("USER ", StringComparison.Ordinal) && l != "USER $APP_UID");
        Assert.Contains(lines, l => l.StartsWith("EXPOSE ", StringComparison.Ordinal) && l.Split(' ').Contains(port));
        Assert.Contains(lines, l => l.EndsWith($"""CMD ["health", "{port}"]""", StringComparison.Ordinal));
        Assert.Equal(["CMD", "health", port], service.Texts("healthcheck/test"));
    }

    [Fact]
    public void Whatever_compose_waits_for_says_when_it_is_healthy()
    {
        var services = Assert.Single(Yaml.Read("docker-compose.yml")).At("services")!;
        var all = ((YamlDotNet.RepresentationModel.YamlMappingNode)services).Children.Keys.Select(k => k.ToString()).ToList();

        Assert.Equal(["redis", "azurite", "silo", "web"], all);
        Assert.All(all, name => Assert.NotEmpty(services.Texts($"{name}/healthcheck/test")));
        Assert.Equal(["service_healthy"], new[] { "silo/depends_on/redis", "silo/depends_on/azurite", "web/depends_on/silo" }.Select(d => services.Text($"{d}/condition")).Distinct());

        // A name or a port of its own would keep it from being scaled.
        Assert.All(["silo", "web"], host => Assert.Null(services.At($"{host}/container_name")));
        Assert.Null(services.At("silo/ports"));
        Assert.Equal(["127.0.0.1:8080-8099:8080"], services.Texts("web/ports"));
    }

    // As the script starts them.
    [Fact]
    public void Redis_and_Azurite_are_those_of_the_script()
    {
        var services = Assert.Single(Yaml.Read("docker-compose.yml")).At("services")!;
        var script = File.ReadAllText(Path.Combine(Repository.Root, "cluster"));
        var azurite = AzuriteVersion().Match(File.ReadAllText(Path.Combine(Repository.Root, "eng/azurite/package.json"))).Groups[1].Value;

        Assert.Equal($"mcr.microsoft.com/azure-storage/azurite:{azurite}", services.Text("azurite/image"));
        Assert.All(["--skipApiVersionCheck", "--disableTelemetry", "--silent"], option =>
        {
            Assert.Contains(option, services.Texts("azurite/command"));
            Assert.Contains(option, script, StringComparison.Ordinal);
        });
        Assert.Contains("--save '' --appendonly yes --appendfsync always", script, StringComparison.Ordinal);
        Assert.Equal(["redis-server", "--save", "", "--appendonly", "yes", "--appendfsync", "always"], services.Texts("redis/command"));
        Assert.All(["redis", "azurite"], name => Assert.NotEmpty(services.Texts($"{name}/volumes")));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public void Everybody_waits_for_a_host_to_end_as_long_as_it_may_take(string host, string project, string port)
    {
        var service = Assert.Single(Yaml.Read("docker-compose.yml")).At($"services/{host}")!;
        var timeout = TimeSpan.Parse(service.Map("environment")["Shutdown__Timeout"], CultureInfo.InvariantCulture);
        var waited = int.Parse(StopBound().Match(File.ReadAllText(Path.Combine(Repository.Root, "cluster"))).Groups[1].Value, CultureInfo.InvariantCulture);

        Assert.True(timeout + GivingUp <= TimeSpan.FromSeconds(waited), $"{project} on {port} takes up to {timeout} and {GivingUp}, and {waited} s are waited");
        Assert.Equal($"{waited}s", service.Text("stop_grace_period"));
        Assert.Equal($"{waited}", Yaml.Read($"deploy/kubernetes/{host}.yaml")[0].Text("spec/template/spec/terminationGracePeriodSeconds"));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public void A_manifest_has_probes_a_budget_and_no_root(string host, string project, string port)
    {
        var documents = Yaml.Read($"deploy/kubernetes/{host}.yaml");
        var deployment = documents[0];
        var pod = deployment.At("spec/template/spec")!;
        var container = Assert.Single(pod.List("containers"));
        Assert.Equal(Assert.Single(Yaml.Read("docker-compose.yml")).Text($"services/{host}/image"), container.Text("image"));
        Assert.True(Path.Exists(Path.Combine(Repository.Root, project, "Dockerfile")));

        // Ready is where calls are sent; live is what is not restarted.
        var ports = container.List("ports").ToDictionary(p => p.Text("name")!, p => p.Text("containerPort")!);
        foreach (var (probe, path) in new[] { ("startupProbe", "/health/live"), ("readinessProbe", "/health/ready"), ("livenessProbe", "/health/live") })
        {
            Assert.Equal(path, container.Text($"{probe}/httpGet/path"));
            Assert.Equal(port, ports[container.Text($"{probe}/httpGet/port")!]);
        }

        // A load balancer has to see that a host drains before it stops.
        var drain = container.List("env").Single(v => v.Text("name") == "Shutdown__DrainDelay").Text("value")!;
        Assert.True(Seconds(container, "readinessProbe/periodSeconds") * Seconds(container, "readinessProbe/failureThreshold") < TimeSpan.Parse(drain, CultureInfo.InvariantCulture).TotalSeconds);

        Assert.Equal("true", pod.Text("securityContext/runAsNonRoot"));
        Assert.Equal("false", container.Text("securityContext/allowPrivilegeEscalation"));
        Assert.Equal("true", container.Text("securityContext/readOnlyRootFilesystem"));
        Assert.Equal(["ALL"], container.Texts("securityContext/capabilities/drop"));
        Assert.NotNull(container.Text("resources/limits/memory"));

        // Everything that selects pods selects these.
        var labels = deployment.Map("spec/template/metadata/labels");
        var budget = Assert.Single(documents, d => d.Text("kind") == "PodDisruptionBudget");
        Assert.Equal("1", budget.Text("spec/maxUnavailable"));
        Assert.Equal(labels, budget.Map("spec/selector/matchLabels"));
        Assert.Equal(labels, deployment.Map("spec/selector/matchLabels"));
        Assert.All(pod.List("topologySpreadConstraints"), spread => Assert.Equal(labels, spread.Map("labelSelector/matchLabels")));
        Assert.All(documents.Where(d => d.Text("kind") == "Service"), service => Assert.Equal(labels, service.Map("spec/selector")));
        Assert.Equal("0", deployment.Text("spec/strategy/rollingUpdate/maxUnavailable"));
    }

    [Fact]
    public void The_kustomization_has_every_manifest() => Assert.Equal(
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy/kubernetes"), "*.yaml").Select(Path.GetFileName).Where(f => f != "kustomization.yaml").Order(),
        Assert.Single(Yaml.Read("deploy/kubernetes/kustomization.yaml")).Texts("resources").Order());

    private static int Seconds(YamlDotNet.RepresentationModel.YamlNode node, string path) => int.Parse(node.Text(path)!, CultureInfo.InvariantCulture);

    [GeneratedRegex("<TargetFramework>net([0-9.]+)</TargetFramework>")]
    private static partial Regex TargetFramework();

    [GeneratedRegex("\"azurite\": \"([0-9.]+)\"")]
    private static partial Regex AzuriteVersion();

    [GeneratedRegex("^stop_bound=([0-9]+) ", RegexOptions.Multiline)]
    private static partial Regex StopBound();
}
