using System.Globalization;
using EngageCenter.WebApi;

namespace EngageCenter.Cluster.Tests.Deploy;

/// <summary>What a web node may take at most fits into the memory that it is given.</summary>
public class SizesTests
{
    private const long MiB = 1024 * 1024;

    // What .NET gives the managed heap of a container's memory.
    private const double HeapShare = 0.75;

    // The heap of a node that does nothing.
    private const long Idle = 64 * MiB;

    // The collector needs room too.
    private const double Used = 0.75;

    public static TheoryData<string, long> Places => new()
    {
        { "web.yaml", Bytes(Yaml.Read("deploy/kubernetes/web.yaml")[0].Text("spec/template/spec/containers/0/resources/limits/memory")!) },
        { "docker-compose.yml", Bytes(Yaml.Read("docker-compose.yml")[0].Text("services/web/deploy/resources/limits/memory")!) },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void A_node_with_the_defaults_fits_into_its_memory(string place, long memory)
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

        // And what a node is for is still there.
        Assert.True(options.MaxRequests >= 1_000 && options.MaxConnections > options.MaxRequests, $"{options.MaxRequests} requests, {options.MaxConnections} connections");
        Assert.True(options.MaxBodyMemory * options.CallerShare >= WebApiOptions.LargestBodyMemory, "one caller cannot send one large body");
    }

    [Theory]
    [InlineData("web")]
    [InlineData("silo")]
    [InlineData("portal")]
    public void Both_places_give_a_host_the_same_memory(string host) => Assert.Equal(
        Bytes(Manifests.Of(host)[0].Text("spec/template/spec/containers/0/resources/limits/memory")!),
        Bytes(Yaml.Read("docker-compose.yml")[0].Text($"services/{host}/deploy/resources/limits/memory")!));

    // Where a place has settings of its own they would have to be counted here.
    [Fact]
    public void No_place_sets_another_limit_than_the_default() => Assert.All(
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
