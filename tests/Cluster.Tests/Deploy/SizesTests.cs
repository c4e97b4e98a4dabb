using System.Globalization;
using EngageCenter.WebApi;

namespace EngageCenter.Cluster.Tests.Deploy;

/// <summary>Checks that the limits of a web node fit into the memory that it gets.</summary>
public class SizesTests
{
    private const long MiB = 1024 * 1024;

    // The share of a container's memory that .NET gives to the managed heap.
    private const double HeapShare = 0.75;

    // The heap of an idle node.
    private const long Idle = 64 * MiB;

    // The collector needs the rest.
    private const double Used = 0.75;

    public static TheoryData<string, long> Places => new()
    {
        { "web.yaml", Bytes(Yaml.Read("deploy/kubernetes/web.yaml")[0].Text("spec/template/spec/containers/0/resources/limits/memory")!) },
        { "docker-compose.yml", Bytes(Yaml.Read("docker-compose.yml")[0].Text("services/web/deploy/resources/limits/memory")!) },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void Node_with_default_limits_fits_into_its_memory(string place, long memory)
    {
        var heap = (long)(memory * HeapShare);
        var options = new WebApiOptions(heap);
        var connections = (long)options.MaxConnections * WebApiOptions.ConnectionBytes;
        var requests = ((long)options.MaxRequests + options.MaxBodies) * WebApiOptions.RequestBytes;
        var exports = (long)options.MaxExports * WebApiOptions.ExportBytes;
        var all = Idle + connections + requests + options.MaxBodyMemory + exports;

        Assert.True(all <= heap * Used, string.Create(
            CultureInfo.InvariantCulture,
            $"{place}: {Idle / MiB} MiB idle, {connections / MiB} of {options.MaxConnections} connections, {requests / MiB} of requests, {options.MaxBodyMemory / MiB} of bodies, {exports / MiB} of exports are more than {Used} of {heap / MiB}"));

        // The limits still allow normal use.
        Assert.True(options.MaxRequests >= 1_000 && options.MaxConnections > options.MaxRequests, $"{options.MaxRequests} requests, {options.MaxConnections} connections");
        Assert.True(options.MaxBodyMemory * options.CallerShare >= WebApiOptions.LargestBodyMemory, "one caller cannot send one large body");
    }

    [Theory]
    [InlineData("web")]
    [InlineData("silo")]
    [InlineData("portal")]
    public void Compose_and_Kubernetes_give_a_host_the_same_memory(string host) => Assert.Equal(
        Bytes(Manifests.Of(host)[0].Text("spec/template/spec/containers/0/resources/limits/memory")!),
        Bytes(Yaml.Read("docker-compose.yml")[0].Text($"services/{host}/deploy/resources/limits/memory")!));

    // If one of them had its own limits, they would have to be counted here.
    [Fact]
    public void Neither_Compose_nor_Kubernetes_changes_a_default_limit() => Assert.All(
        (string[])["MaxConnections", "MaxRequests", "MaxBodies", "MaxBodyMemory", "MaxExports", "CallerShare", "TenantShare", "StrangersShare"],
        name =>
        {
            Assert.DoesNotContain($"WebApi__{name}", File.ReadAllText(Path.Combine(Repository.Root, "docker-compose.yml")), StringComparison.Ordinal);
            Assert.DoesNotContain($"WebApi__{name}", File.ReadAllText(Path.Combine(Repository.Root, "deploy/kubernetes/web.yaml")), StringComparison.Ordinal);
        });

    private static long Bytes(string quantity)
    {
        var digits = quantity.TakeWhile(char.IsAsciiDigit).Count();
        return long.Parse(quantity[..digits], CultureInfo.InvariantCulture) * quantity[digits..] switch
        {
            "Mi" or "m" => MiB,
            "Gi" or "g" => 1024 * MiB,
            var unit => throw new FormatException($"No unit of memory is known as '{unit}'."),
        };
    }
}
