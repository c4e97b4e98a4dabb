using System.Net;
using System.Text.Json.Nodes;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// A cluster whose nodes drain. A change after an owner that did not release waits much longer here than any other change, so
/// a missing release is noticed.
/// </summary>
public sealed class DrainingCluster : IAsyncLifetime
{
    public static readonly TimeSpan DrainDelay = TimeSpan.FromSeconds(3);

    public const int Workspaces = 12;

    private static readonly TimeSpan lease = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan authority = TimeSpan.FromSeconds(25);

    /// <summary>A change that took longer has waited for an owner that did not release, which takes 30 s. Others take a few seconds.</summary>
    public static readonly TimeSpan Unreleased = (lease + authority) / 2;

    internal RunningCluster Cluster { get; private set; } = null!;

    internal ClusterClient Client { get; private set; } = null!;

    internal string Manager { get; private set; } = "";

    internal string Automation { get; private set; } = "";

    internal IReadOnlyList<string> WorkspaceIds { get; private set; } = [];

    public async Task InitializeAsync()
    {
        Cluster = await RunningCluster.Start(new(Members: 2), settings: new Dictionary<string, string>
        {
            ["Access__Lease"] = lease.ToString(),
            ["Access__Authority"] = authority.ToString(),
            ["Shutdown__DrainDelay"] = DrainDelay.ToString(),
        });
        Client = new(Cluster);
        (Manager, Automation) = (await Client.Person(Organization.Manager), await Client.Automation());
        var agreement = await Client.Insist(
            HttpMethod.Put, Automation, "/v1/agreements/draining",
            Samples.Agreement("Workload", Organization.Tenant, "Contoso", Organization.ManagerId, Enumerable.Range(0, Workspaces).Select(n => $"package-{n}")));
        WorkspaceIds = [.. agreement.Body!["workspaces"]!.AsArray().Select(w => w!["workspaceId"]!.GetValue<string>())];
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await Cluster.DisposeAsync();
    }

    /// <summary>Grants the group a role, and repeats that until it is acknowledged. A repetition changes nothing.</summary>
    internal Task<Answer> Change(string workspace, string role) => Client.Insist(
        HttpMethod.Put, Manager, $"/v1/workspaces/{workspace}/groups/{Organization.Group}", new JsonObject { ["roles"] = new JsonArray(role) });

    /// <summary>Sends SIGTERM, and checks what a probe sees: first not ready but still answering, then no answer.</summary>
    internal static async Task Terminate(Node node)
    {
        await node.Terminate();
        await Until.True(
            async () => await node.Health("ready") == HttpStatusCode.ServiceUnavailable, DrainDelay, $"{node.Name} says that it is not ready");

        // The node has not yet begun to stop anything.
        Assert.Equal(HttpStatusCode.OK, await node.Health("live"));
    }
}
