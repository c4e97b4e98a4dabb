using System.Net;
using System.Text.Json.Nodes;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// A cluster whose nodes drain, and in which a lease and an authority that nobody released would be waited out for
/// longer than any test here takes: a release that is missed shows.
/// </summary>
public sealed class DrainingCluster : IAsyncLifetime
{
    public static readonly TimeSpan DrainDelay = TimeSpan.FromSeconds(3);

    /// <summary>A + L: how long a change waits after an owner that released nothing.</summary>
    public static readonly TimeSpan Unreleased = TimeSpan.FromSeconds(20) + TimeSpan.FromMinutes(5);

    private const int Workspaces = 12;

    internal RunningCluster Cluster { get; private set; } = null!;

    internal ClusterClient Client { get; private set; } = null!;

    internal string Manager { get; private set; } = "";

    internal string Automation { get; private set; } = "";

    internal IReadOnlyList<string> WorkspaceIds { get; private set; } = [];

    public async Task InitializeAsync()
    {
        Cluster = await RunningCluster.Start(new(Members: 2), settings: new Dictionary<string, string>
        {
            ["Access__Lease"] = "00:00:20",
            ["Access__Authority"] = "00:05:00",
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

    /// <summary>Grants the group something, again and again until it is acknowledged: to repeat it changes nothing.</summary>
    internal Task<Answer> Change(string workspace, string role) => Client.Insist(
        HttpMethod.Put, Manager, $"/v1/workspaces/{workspace}/groups/{Organization.Group}", new JsonObject { ["roles"] = new JsonArray(role) });

    /// <summary>SIGTERM, and what a prober sees: not ready while it still answers, and then nobody.</summary>
    internal static async Task Terminate(Node node)
    {
        await node.Terminate();
        await Until.True(
            async () => await node.Health("ready") == HttpStatusCode.ServiceUnavailable, DrainDelay, $"{node.Name} says that it is not ready");

        // It has not begun to stop anything.
        Assert.Equal(HttpStatusCode.OK, await node.Health("live"));
    }
}
