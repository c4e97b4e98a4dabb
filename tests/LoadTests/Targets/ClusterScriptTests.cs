namespace EngageCenter.LoadTests;

public class ClusterScriptTests
{
    private const string Settings = """
        ASPNETCORE_ENVIRONMENT=Development
        Orleans__ClusterId=mine
        Orleans__ServiceId=theirs
        Orleans__Clustering__ConnectionString=127.0.0.1:7401,abortConnect=false
        Orleans__ClusterId=later
        Clustering__Tls__TrustedCa=/data/tls/ca.crt
        """;

    [Fact]
    public void Script_reports_the_address_and_the_processes_of_silos()
    {
        var address = ClusterScript.Read(Status(("redis", "ready"), ("silo", "ready"), ("web", "starting"), ("silo", "ready")), Settings);

        Assert.Equal(("127.0.0.1:7401,abortConnect=false", "later", "theirs"), (address.Redis, address.ClusterId, address.ServiceId));
        Assert.Equal([101, 103], address.Processes.AsEnumerable());
        Assert.Equal(new Dictionary<string, string> { ["Clustering:Tls:TrustedCa"] = "/data/tls/ca.crt" }, address.Tls);
    }

    [Fact]
    public void Cluster_with_a_silo_that_is_not_ready_is_refused() => Assert.Equal(
        "The cluster's silo-1 is paused.",
        Assert.Throws<TargetException>(() => ClusterScript.Read(Status(("silo", "ready"), ("silo", "paused")), Settings)).Message);

    [Fact]
    public void Cluster_without_a_silo_is_refused() => Assert.StartsWith(
        "No cluster is up",
        Assert.Throws<TargetException>(() => ClusterScript.Read(Status(("redis", "ready")), Settings)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{ "processes": [ { "kind": "silo" } ] }""")]
    public void Unreadable_status_is_reported(string status) => Assert.StartsWith(
        "What the cluster says of itself cannot be read",
        Assert.Throws<TargetException>(() => ClusterScript.Read(status, Settings)).Message, StringComparison.Ordinal);

    [Fact]
    public void Silos_without_Redis_are_refused() =>
        Assert.Throws<TargetException>(() => ClusterScript.Read(Status(("silo", "ready")), "Orleans__ClusterId=mine"));

    private static string Status(params (string Kind, string State)[] processes) => $$"""
        { "processes": [{{string.Join(", ", processes.Select((p, n) => $$"""{ "name": "{{p.Kind}}-{{n}}", "kind": "{{p.Kind}}", "pid": {{100 + n}}, "state": "{{p.State}}" }"""))}}] }
        """;
}
