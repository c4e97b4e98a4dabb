using System.Globalization;
using System.Text.RegularExpressions;

namespace EngageCenter.Cluster.Tests.Deploy;

/// <summary>Checks images and manifests without running them.</summary>
public partial class DeploymentTests
{
    // The time that a host needs beyond its Shutdown:Timeout when it gives up.
    private static readonly TimeSpan GivingUp = TimeSpan.FromSeconds(5);

    public static TheoryData<string, string, string> Hosts => new()
    {
        { "silo", "src/Silo", "8082" },
        { "web", "src/WebApi", "8080" },
        { "portal", "src/Portal", "8083" },
    };

    // The hosts that are members of the cluster. The portal only calls it.
    public static TheoryData<string, string, string> Members => new()
    {
        { "silo", "src/Silo", "8082" },
        { "web", "src/WebApi", "8080" },
    };

    [Theory]
    [MemberData(nameof(Hosts))]
    public void Image_copies_existing_files_and_does_not_run_as_root(string host, string project, string port)
    {
        var service = Assert.Single(Yaml.Read("docker-compose.yml")).At($"services/{host}")!;
        Assert.Equal($"{project}/Dockerfile", service.Text("build/dockerfile"));
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, project, "Dockerfile")).Where(l => !l.StartsWith('#')).ToList();
        var final = lines.FindLastIndex(l => l.StartsWith("FROM ", StringComparison.Ordinal));

        // The image has exactly the project's framework version. A moving tag would make different images from the same source.
        var version = TargetFramework().Match(File.ReadAllText(Path.Combine(Repository.Root, "Directory.Build.props"))).Groups[1].Value;
        Assert.Collection(
            lines.Where(l => l.StartsWith("FROM ", StringComparison.Ordinal)),
            build => Assert.Matches($@"^FROM mcr\.microsoft\.com/dotnet/sdk:{version}\.\d+(@sha256:[0-9a-f]{{64}})? AS build$", build),
            run => Assert.Matches($@"^FROM mcr\.microsoft\.com/dotnet/aspnet:{version}\.\d+(@sha256:[0-9a-f]{{64}})?$", run));

        // Copied files exist, and the output of the project is what runs.
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
    public void Every_service_that_compose_waits_for_has_a_health_check()
    {
        var services = Assert.Single(Yaml.Read("docker-compose.yml")).At("services")!;
        var all = ((YamlDotNet.RepresentationModel.YamlMappingNode)services).Children.Keys.Select(k => k.ToString()).ToList();

        Assert.Equal(["redis", "azurite", "silo", "silo-azure", "web", "web-azure", "sessions", "portal", "prometheus", "grafana"], all);
        Assert.All(all, name => Assert.NotEmpty(services.At($"{name}/<<") is { } same ? same.Texts("healthcheck/test") : services.Texts($"{name}/healthcheck/test")));
        Assert.Equal(
            ["service_healthy"],
            new[] { "silo/depends_on/redis", "silo/depends_on/azurite", "web/depends_on/silo", "silo-azure/depends_on/azurite", "web-azure/depends_on/silo-azure", "portal/depends_on/sessions", "grafana/depends_on/prometheus" }.Select(d => services.Text($"{d}/condition")).Distinct());

        // Each profile has exactly the services that it waits for.
        Assert.Equal(["redis", "silo", "web"], all.Where(name => services.At($"{name}/profiles") is not null && services.Texts($"{name}/profiles").SequenceEqual(["redis"])));
        Assert.Equal(["silo-azure", "web-azure"], all.Where(name => services.At($"{name}/profiles") is not null && services.Texts($"{name}/profiles").SequenceEqual(["azure"])));
        Assert.Equal(["sessions", "portal"], all.Where(name => services.At($"{name}/profiles") is not null && services.Texts($"{name}/profiles").SequenceEqual(["portal"])));
        Assert.Equal(["prometheus", "grafana"], all.Where(name => services.At($"{name}/profiles") is not null && services.Texts($"{name}/profiles").SequenceEqual(["metrics"])));
        Assert.Null(services.At("silo-azure/depends_on/redis"));

        // A container name or a port would prevent scaling.
        Assert.All(["silo", "web", "portal"], host => Assert.Null(services.At($"{host}/container_name")));
        Assert.Null(services.At("silo/ports"));
        Assert.Equal(["127.0.0.1:8080-8099:8080"], services.Texts("web/ports"));
        Assert.Equal(["127.0.0.1:8100-8119:8083"], services.Texts("portal/ports"));

        // The portal calls the web nodes of both profiles.
        Assert.Equal(["web-api"], services.Texts("web/networks/default/aliases"));
        Assert.Equal("http://web-api:8080", services.Map("portal/environment")["Portal__ApiUrl"]);
        Assert.Equal(services.Text("redis/image"), services.Text("sessions/image"));

        // Mounted files exist, and only this machine can connect.
        Assert.All(["prometheus", "grafana"], name => Assert.All(services.Texts($"{name}/ports"), port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal)));
        Assert.All(
            services.Texts("prometheus/volumes").Concat(services.Texts("grafana/volumes")).Where(v => v.StartsWith("./", StringComparison.Ordinal)),
            volume => Assert.True(Directory.Exists(Path.Combine(Repository.Root, volume.Split(':')[0]))));
    }

    // The images are the ones that the script starts.
    [Fact]
    public void Compose_starts_Redis_and_Azurite_as_the_script_does()
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
    public void Compose_and_Kubernetes_wait_as_long_as_a_host_may_take_to_end(string host, string project, string port)
    {
        var service = Assert.Single(Yaml.Read("docker-compose.yml")).At($"services/{host}")!;
        var timeout = TimeSpan.Parse(service.Map("environment")["Shutdown__Timeout"], CultureInfo.InvariantCulture);
        var waited = int.Parse(StopBound().Match(File.ReadAllText(Path.Combine(Repository.Root, "cluster"))).Groups[1].Value, CultureInfo.InvariantCulture);

        Assert.True(timeout + GivingUp <= TimeSpan.FromSeconds(waited), $"{project} on {port} takes up to {timeout} and {GivingUp}, and {waited} s are waited");
        Assert.Equal($"{waited}s", service.Text("stop_grace_period"));
        Assert.Equal($"{waited}", Manifests.Of(host)[0].Text("spec/template/spec/terminationGracePeriodSeconds"));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public void Manifest_has_probes_and_a_budget_and_does_not_run_as_root(string host, string project, string port)
    {
        var documents = Manifests.Of(host);
        var deployment = documents[0];
        var pod = deployment.At("spec/template/spec")!;
        var container = Assert.Single(pod.List("containers"));
        Assert.Equal(Assert.Single(Yaml.Read("docker-compose.yml")).Text($"services/{host}/image"), container.Text("image"));
        Assert.True(Path.Exists(Path.Combine(Repository.Root, project, "Dockerfile")));

        // 'Ready' decides where calls are sent, 'live' whether the pod is restarted.
        var ports = container.List("ports").ToDictionary(p => p.Text("name")!, p => p.Text("containerPort")!);
        foreach (var (probe, path) in new[] { ("startupProbe", "/health/live"), ("readinessProbe", "/health/ready"), ("livenessProbe", "/health/live") })
        {
            Assert.Equal(path, container.Text($"{probe}/httpGet/path"));
            Assert.Equal(port, ports[container.Text($"{probe}/httpGet/port")!]);
        }

        // A load balancer must notice that a host drains before the host stops.
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

    [Theory]
    [MemberData(nameof(Members))]
    public void Certificate_is_mounted_where_the_hosts_settings_look_for_it(string host, string project, string port)
    {
        var pod = Manifests.Of(host)[0].At("spec/template/spec")!;
        var container = pod.At("containers/0")!;
        var settings = container.List("env").Where(v => v.Text("value") is not null).ToDictionary(v => v.Text("name")!, v => v.Text("value")!);
        var folders = container.List("volumeMounts").ToDictionary(m => m.Text("mountPath")!, m => pod.List("volumes").Single(v => v.Text("name") == m.Text("name")));
        var certificate = Assert.Single(Yaml.Read("deploy/kubernetes/certificates.yaml"), d => d.Text("kind") == "Certificate" && d.Text("metadata/name") == $"engage-center-{host}");
        var secret = certificate.Text("spec/secretName");

        // Whole folders are mounted: a single mounted file is not renewed in a running pod.
        Assert.All(container.List("volumeMounts"), m => Assert.Null(m.Text("subPath")));
        var own = folders[Path.GetDirectoryName(settings["Clustering__Tls__CertificateFile"])!];
        Assert.Same(own, folders[Path.GetDirectoryName(settings["Clustering__Tls__KeyFile"])!]);
        Assert.Equal(secret, own.Text("secret/secretName"));
        Assert.Equal(
            [Path.GetFileName(settings["Clustering__Tls__CertificateFile"]), Path.GetFileName(settings["Clustering__Tls__KeyFile"])],
            own.List("secret/items").Select(i => i.Text("path")));
        var trusted = folders[settings["Clustering__Tls__TrustedCa"]].At("projected")!;
        Assert.Equal((secret, "ca.crt"), (trusted.Text("sources/0/secret/name"), trusted.Text("sources/0/secret/items/0/path")));
        Assert.Equal("true", trusted.Text("sources/1/configMap/optional"));
        Assert.Equal("1654", pod.Text("securityContext/fsGroup"));

        // The hosts accept this certificate.
        Assert.Equal([new ClusterTlsOptions().Name], certificate.Texts("spec/dnsNames"));
        Assert.All(["server auth", "client auth"], usage => Assert.Contains(usage, certificate.Texts("spec/usages")));
        Assert.Equal("engage-center", certificate.Text("spec/issuerRef/name"));

        // Compose uses the names under which deploy/certificates makes the files.
        var compose = Assert.Single(Yaml.Read("docker-compose.yml"));
        Assert.Equal([$"{host}.crt", $"{host}.key", "ca.crt"], compose.Texts($"services/{host}/secrets"));
        Assert.All(compose.Texts($"services/{host}/secrets"), name => Assert.EndsWith($"/{name}", compose.Text($"secrets/{name}/file"), StringComparison.Ordinal));
        Assert.True(port.Length > 0 && Path.Exists(Path.Combine(Repository.Root, project)));
    }

    [Fact]
    public void Session_certificate_is_mounted_where_the_portals_settings_look_for_it()
    {
        var pod = Manifests.Of("portal")[0].At("spec/template/spec")!;
        var settings = pod.At("containers/0")!.List("env").Where(v => v.Text("value") is not null).ToDictionary(v => v.Text("name")!, v => v.Text("value")!);
        var mount = Assert.Single(pod.At("containers/0")!.List("volumeMounts"), m => m.Text("mountPath") == Path.GetDirectoryName(settings["Portal__Sessions__CertificateFile"]));
        var secret = pod.List("volumes").Single(v => v.Text("name") == mount.Text("name")).At("secret")!;
        var certificate = Assert.Single(Yaml.Read("deploy/kubernetes-portal/certificates.yaml"), d => d.Text("kind") == "Certificate");

        Assert.Equal(
            [Path.GetFileName(settings["Portal__Sessions__CertificateFile"]), Path.GetFileName(settings["Portal__Sessions__KeyFile"])],
            secret.List("items").Select(i => i.Text("path")));
        Assert.Equal(certificate.Text("spec/secretName"), secret.Text("secretName"));

        // The portal needs an RSA key that is kept when the certificate is renewed, from a CA that silos do not trust.
        Assert.Equal(("RSA", "Never"), (certificate.Text("spec/privateKey/algorithm"), certificate.Text("spec/privateKey/rotationPolicy")));
        var issuer = Assert.Single(Yaml.Read("deploy/kubernetes-portal/certificates.yaml"), d => d.Text("kind") == "Issuer" && d.Text("metadata/name") == certificate.Text("spec/issuerRef/name"));
        Assert.NotNull(issuer.At("spec/selfSigned"));

        var compose = Assert.Single(Yaml.Read("docker-compose.yml"));
        Assert.Equal(["sessions.crt", "sessions.key"], compose.Texts("services/portal/secrets"));
        Assert.All(compose.Texts("services/portal/secrets"), name => Assert.EndsWith($"/{name}", compose.Text($"secrets/{name}/file"), StringComparison.Ordinal));
    }

    // A tool generates the portal's client from the API's document, and the build has to find it.
    [Fact]
    public void Image_of_the_portal_has_the_tool_that_generates_its_client() => Assert.Contains(
        File.ReadAllLines(Path.Combine(Repository.Root, "src/Portal/Dockerfile")), l => l == "COPY .config .config");

    [Theory]
    [InlineData("silo", "silo", "silo")]
    [InlineData("silo", "gateway", "silo web")]
    [InlineData("silo", "health", "silo web portal prometheus stranger")]
    [InlineData("silo", "metrics", "prometheus")]
    [InlineData("web", "http", "silo web portal prometheus stranger")]
    [InlineData("web", "metrics", "prometheus")]
    [InlineData("portal", "http", "silo web portal prometheus stranger")]
    [InlineData("portal", "metrics", "prometheus")]
    public void Network_policies_allow_only_the_necessary_callers(string host, string port, string expected)
    {
        var policies = Policies();
        var labels = new[] { "silo", "web", "portal" }.ToDictionary(h => h, h => Manifests.Of(h)[0].Map("spec/template/metadata/labels"));
        labels["prometheus"] = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "prometheus" };
        labels["stranger"] = new Dictionary<string, string>();
        var selecting = policies.Where(p => Selects(p, "spec/podSelector", labels[host])).ToList();

        Assert.All(policies, p => Assert.Equal("NetworkPolicy", p.Text("kind")));
        Assert.Contains(selecting, p => p.Texts("spec/policyTypes").Contains("Ingress"));
        Assert.Contains(port, Manifests.Of(host)[0].List("spec/template/spec/containers/0/ports").Select(p => p.Text("name")));

        // A connection is allowed if any of the policies allows it.
        var rules = selecting.SelectMany(p => p.List("spec/ingress")).Where(r => r.At("ports") is null || r.List("ports").Any(p => p.Text("port") == port)).ToList();
        Assert.Equal(
            expected.Split(' '),
            labels.Where(from => rules.Any(r => r.At("from") is null || r.List("from").Any(f => Selects(f, "podSelector", from.Value)))).Select(from => from.Key));
    }

    [Fact]
    public void Every_port_of_a_host_is_in_a_network_policy()
    {
        var ports = Policies().SelectMany(p => p.List("spec/ingress")).SelectMany(r => r.List("ports")).Select(p => p.Text("port"));

        Assert.Equal(
            new[] { "silo", "web", "portal" }.SelectMany(h => Manifests.Of(h)[0].List("spec/template/spec/containers/0/ports")).Select(p => p.Text("name")).Order(),
            ports.Order());
    }

    [Fact]
    public void Kustomization_has_every_manifest()
    {
        Assert.All(["kubernetes", "kubernetes-portal"], folder =>
            Assert.Equal(Files(folder), Assert.Single(Yaml.Read($"deploy/{folder}/kustomization.yaml")).Texts("resources").Order()));
        var azure = Assert.Single(Yaml.Read("deploy/kubernetes-azure/kustomization.yaml"));
        Assert.Equal(["../kubernetes", .. Files("kubernetes-azure")], azure.Texts("resources").Concat(azure.List("patches").Select(p => p.Text("path")!)).Order(StringComparer.Ordinal));

        static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", folder), "*.yaml")
            .Select(file => Path.GetFileName(file)).Where(f => f != "kustomization.yaml").Order(StringComparer.Ordinal);
    }

    // A patch with another name would be refused. A pod without the label, or with another account, gets no token.
    [Theory]
    [MemberData(nameof(Members))]
    public void Pod_uses_the_identity_of_its_service_account(string host, string project, string port)
    {
        var (deployment, patch) = (Manifests.Of(host)[0], Assert.Single(Yaml.Read($"deploy/kubernetes-azure/{host}.yaml")));

        Assert.All(["kind", "metadata/name", "spec/template/spec/containers/0/name"], place => Assert.Equal(deployment.Text(place), patch.Text(place)));
        Assert.Equal("true", patch.Map("spec/template/metadata/labels")["azure.workload.identity/use"]);
        var account = Assert.Single(Yaml.Read("deploy/kubernetes-azure/identity.yaml"), a => a.Text("metadata/name") == patch.Text("spec/template/spec/serviceAccountName"));
        Assert.Equal("ServiceAccount", account.Text("kind"));
        Assert.True(account.Map("metadata/annotations").ContainsKey("azure.workload.identity/client-id"));
        Assert.True(port.Length > 0 && Path.Exists(Path.Combine(Repository.Root, project)));
    }

    private static IEnumerable<YamlDotNet.RepresentationModel.YamlNode> Policies() =>
        [.. Yaml.Read("deploy/kubernetes/network.yaml"), .. Yaml.Read("deploy/kubernetes-portal/network.yaml")];

    private static bool Selects(YamlDotNet.RepresentationModel.YamlNode node, string selector, Dictionary<string, string> labels) =>
        node.Map($"{selector}/matchLabels").All(wanted => labels.GetValueOrDefault(wanted.Key) == wanted.Value);

    private static int Seconds(YamlDotNet.RepresentationModel.YamlNode node, string path) => int.Parse(node.Text(path)!, CultureInfo.InvariantCulture);

    [GeneratedRegex("<TargetFramework>net([0-9.]+)</TargetFramework>")]
    private static partial Regex TargetFramework();

    [GeneratedRegex("\"azurite\": \"([0-9.]+)\"")]
    private static partial Regex AzuriteVersion();

    [GeneratedRegex("^stop_bound=([0-9]+) ", RegexOptions.Multiline)]
    private static partial Regex StopBound();
}
