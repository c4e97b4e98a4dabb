using EngageCenter.Script;
using YamlDotNet.RepresentationModel;

namespace EngageCenter.Cluster.Tests.Deploy;

/// <summary>
/// Compares the settings of a host in <c>./cluster</c>, docker-compose.yml and the Kubernetes manifests. They must be equal except
/// for the differences listed here.
/// </summary>
public class SettingsTests
{
    private const string AzuriteAccount = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
        + "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;";

    // The differences, with the values in the three places; HOST is silo or web. Production has no LocalEntra. One machine needs a
    // port for each host. Kubernetes has its own secrets and tells a pod its address.
    private static readonly Dictionary<string, (string? Cluster, string? Compose, string? Kubernetes)> Different = new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = ("Development", "Production", "Production"),
        ["Orleans__Clustering__ConnectionString"] = ("127.0.0.1:7401", "redis:6379", "secretKeyRef engage-center redis"),
        ["Orleans__GrainStorage__Default__ConnectionString"] = (
            $"{AzuriteAccount}BlobEndpoint=http://127.0.0.1:7402/devstoreaccount1;",
            $"{AzuriteAccount}BlobEndpoint=http://azurite:10000/devstoreaccount1;",
            "secretKeyRef engage-center storage"),
        ["Clustering__Tls__CertificateFile"] = ("DIR/data/tls/HOST.crt", "/run/secrets/HOST.crt", "/tls/own/tls.crt"),
        ["Clustering__Tls__KeyFile"] = ("DIR/data/tls/HOST.key", "/run/secrets/HOST.key", "/tls/own/tls.key"),
        ["Clustering__Tls__TrustedCa"] = ("DIR/data/tls/ca.crt", "/run/secrets/ca.crt", "/tls/trusted"),
        ["Silo__Url"] = ("http://127.0.0.1:7430", "http://0.0.0.0:8082", "http://0.0.0.0:8082"),
        ["Orleans__Endpoints__AdvertisedIPAddress"] = ("127.0.0.1", null, "fieldRef status.podIP"),
        ["Orleans__Endpoints__SiloPort"] = ("7450", "11111", "11111"),
        ["Orleans__Endpoints__GatewayPort"] = ("7470", "30000", "30000"),
        ["Metrics__Url"] = (null, "http://0.0.0.0:9464", "http://0.0.0.0:9464"),
        ["WebApi__Url"] = ("http://127.0.0.1:7410", "http://0.0.0.0:8080", "http://0.0.0.0:8080"),
        ["AzureAd__Instance"] = ("http://127.0.0.1:7400/", "https://login.microsoftonline.com/", "https://login.microsoftonline.com/"),
        ["AzureAd__TenantId"] = ("common", "organizations", "organizations"),
        ["AzureAd__ClientId"] = (
            null,
            "${ENTRA_CLIENT_ID:?the application (client) id of the registration in Microsoft Entra ID}",
            "configMapKeyRef engage-center client-id"),
        ["WebApi__ApplicationTenants__0"] = (
            null,
            "${ENTRA_TENANT_ID:?the tenant whose applications may use an app role}",
            "configMapKeyRef engage-center application-tenant"),
        ["Directory__Instance"] = ("http://127.0.0.1:7400/", null, null),
        ["Directory__Graph"] = ("http://127.0.0.1:7400/graph/v1.0", null, null),
        ["Directory__ClientId"] = ("e0000000-0000-4000-8000-000000000001", null, null),
        ["Directory__ClientCredentials__0__SourceType"] = ("ClientSecret", null, null),
        ["Directory__ClientCredentials__0__ClientSecret"] = ("local-development-only", null, null),
        ["Directory__Tenants__0"] = ("c0000000-0000-4000-8000-000000000000", null, null),
        ["Directory__Poll"] = ("00:00:05", null, null),
        ["WebApi__KnownProxies__0"] = (null, "${WEB_PROXY:-127.0.0.1}", "configMapKeyRef engage-center proxy-network true"),
    };

    // The differences without Redis. Pods access the account by their identity, at one address for tables and one for blobs.
    private static readonly Dictionary<string, (string? Cluster, string? Compose, string? Kubernetes)> DifferentInTables = new(Different)
    {
        ["Orleans__Clustering__ConnectionString"] = (
            $"{AzuriteAccount}TableEndpoint=http://127.0.0.1:7403/devstoreaccount1;",
            $"{AzuriteAccount}TableEndpoint=http://azurite:10002/devstoreaccount1;",
            null),
        ["Orleans__Clustering__ServiceKey"] = (null, null, "tables"),
        ["ConnectionStrings__tables"] = (null, null, "configMapKeyRef engage-center tables"),
        ["Orleans__GrainStorage__Default__ConnectionString"] = Different["Orleans__GrainStorage__Default__ConnectionString"] with { Kubernetes = null },
        ["Orleans__GrainStorage__Default__ServiceKey"] = (null, null, "blobs"),
        ["ConnectionStrings__blobs"] = (null, null, "configMapKeyRef engage-center blobs"),
        ["AZURE_TOKEN_CREDENTIALS"] = (null, null, "WorkloadIdentityCredential"),
    };

    private static readonly Dictionary<string, (string? Cluster, string? Compose, string? Kubernetes)> DifferentInPortal = new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = Different["ASPNETCORE_ENVIRONMENT"],
        ["Metrics__Url"] = Different["Metrics__Url"],
        ["Portal__Url"] = ("http://127.0.0.1:7405", "http://0.0.0.0:8083", "http://0.0.0.0:8083"),
        ["Portal__ApiUrl"] = ("http://127.0.0.1:7410", "http://web-api:8080", "http://engage-center-web"),
        ["Portal__Scope"] = (null, "${PORTAL_SCOPE:-api://engage-center/access_as_user}", "configMapKeyRef engage-center-portal scope"),
        ["Portal__LocalEntraUrl"] = ("http://127.0.0.1:7400", null, null),
        ["Portal__LocalEntraThumbprint"] = ("", null, null),
        ["Portal__KnownProxies__0"] = ("127.0.0.1", "${PORTAL_PROXY:-127.0.0.1}", "configMapKeyRef engage-center-portal proxy-network"),
        ["Portal__Sessions__Redis"] = ("127.0.0.1:7401", "sessions:6379", "secretKeyRef engage-center-portal redis"),
        ["Portal__Sessions__CertificateFile"] = ("DIR/data/tls/sessions.crt", "/run/secrets/sessions.crt", "/sessions/tls.crt"),
        ["Portal__Sessions__KeyFile"] = ("DIR/data/tls/sessions.key", "/run/secrets/sessions.key", "/sessions/tls.key"),
        ["AzureAd__Instance"] = ("https://127.0.0.1:7409/", "https://login.microsoftonline.com/", "https://login.microsoftonline.com/"),
        ["AzureAd__ClientId"] = ("e0000000-0000-4000-8000-000000000002", "${PORTAL_CLIENT_ID:-}", "configMapKeyRef engage-center-portal client-id"),
        ["AzureAd__ClientSecret"] = ("local-development-only", "${PORTAL_CLIENT_SECRET:-}", "secretKeyRef engage-center-portal client-secret"),
    };

    [Theory]
    [InlineData("silo", false)]
    [InlineData("web", false)]
    [InlineData("portal", false)]
    [InlineData("silo", true)]
    [InlineData("web", true)]
    public async Task Script_Compose_and_Kubernetes_have_the_same_settings(string host, bool azure)
    {
        var different = host == "portal" ? DifferentInPortal : azure ? DifferentInTables : Different;
        var (cluster, compose, kubernetes) = (await ByScript(host, azure), ByCompose(azure ? $"{host}-azure" : host), ByKubernetes(host, azure));
        Assert.True(cluster.Count > 10, $"{cluster.Count} settings");

        Assert.Equal(AsSaid(s => s.Cluster), Sorted(cluster));
        Assert.Equal(AsSaid(s => s.Compose), Sorted(compose));
        Assert.Equal(AsSaid(s => s.Kubernetes), Sorted(kubernetes));

        // A setting that is not listed has the script's value.
        List<string> AsSaid(Func<(string? Cluster, string? Compose, string? Kubernetes), string?> by)
        {
            var all = cluster.Where(s => !different.ContainsKey(s.Key)).ToDictionary();
            foreach (var (name, values) in different)
            {
                if (by(values) is { } value && (cluster.ContainsKey(name) || compose.ContainsKey(name) || kubernetes.ContainsKey(name)))
                {
                    all[name] = value.Replace("HOST", host, StringComparison.Ordinal);
                }
            }

            return Sorted(all);
        }
    }

    [Fact]
    public async Task Every_documented_difference_exists()
    {
        var set = (await ByScript("silo")).Keys.Union((await ByScript("web")).Keys).Union(ByCompose("web").Keys).Union(ByKubernetes("silo", azure: true).Keys).ToHashSet();

        Assert.DoesNotContain(DifferentInTables.Keys, name => !set.Contains(name));
        var ofPortal = (await ByScript("portal")).Keys.Union(ByCompose("portal").Keys).ToHashSet();
        Assert.DoesNotContain(DifferentInPortal.Keys, name => !ofPortal.Contains(name));
    }

    private static List<string> Sorted(Dictionary<string, string> settings) =>
        [.. settings.Select(s => $"{s.Key}={s.Value}").Order(StringComparer.Ordinal)];

    private static async Task<Dictionary<string, string>> ByScript(string host, bool azure = false)
    {
        await using var cluster = new ClusterScript();
        var lines = (await cluster.Do(["settings", host, .. azure ? ["--azure"] : (string[])[]])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1].Replace(cluster.Folder, "DIR", StringComparison.Ordinal));
    }

    private static Dictionary<string, string> ByCompose(string host) =>
        Assert.Single(Yaml.Read("docker-compose.yml")).Map($"services/{host}/environment");

    private static Dictionary<string, string> ByKubernetes(string host, bool azure)
    {
        var settings = Environment("kubernetes").ToDictionary(variable => variable.Text("name")!, Value);
        foreach (var variable in azure ? Environment("kubernetes-azure") : [])
        {
            // Merged in the way in which kustomize patches a list of variables.
            var name = variable.Text("name")!;
            if (variable.Text("$patch") == "delete")
            {
                Assert.True(settings.Remove(name), name);
            }
            else
            {
                settings[name] = Value(variable);
            }
        }

        return settings;

        List<YamlNode> Environment(string folder) => (folder == "kubernetes" ? Manifests.Of(host) : Yaml.Read($"deploy/{folder}/{host}.yaml"))[0].List("spec/template/spec/containers/0/env");
    }

    private static string Value(YamlNode variable) => variable.Text("value") ?? Source(variable);

    private static string Source(YamlNode variable)
    {
        var (kind, source) = Assert.Single((YamlMappingNode)variable.At("valueFrom")!);
        return $"{kind} {string.Join(' ', ((YamlMappingNode)source).Children.Values)}";
    }
}
