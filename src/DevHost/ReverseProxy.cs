using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.LoadBalancing;

namespace EngageCenter.DevHost;

/// <summary>
/// Stands before several nodes that do the same, as a load balancer does elsewhere: each request goes to the next of those that
/// are ready, without sticky sessions. For one machine; it has no TLS.
/// </summary>
internal static class ReverseProxy
{
    private const string Name = "nodes";

    /// <param name="url">Where it listens.</param>
    /// <param name="nodes">Where the nodes are.</param>
    /// <exception cref="SettingException">One is no address.</exception>
    public static WebApplication Compose(string url, IEnumerable<string> nodes)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls(Settings.RequireAddresses("The proxy's address", url));
        builder.AddShutdown();
        builder.Services.AddReverseProxy().LoadFromMemory(
            [
                new()
                {
                    RouteId = Name,
                    ClusterId = Name,
                    Match = new() { Path = "{**all}" },

                    // Nodes write links and redirects with the host that the browser asked for.
                    Transforms = [new Dictionary<string, string> { ["RequestHeaderOriginalHost"] = "true" }],
                },
            ],
            [
                new()
                {
                    ClusterId = Name,
                    LoadBalancingPolicy = LoadBalancingPolicies.RoundRobin,
                    HealthCheck = new()
                    {
                        // Sooner than a node that ends stops to serve, see Shutdown:DrainDelay.
                        Active = new() { Enabled = true, Path = "/health/ready", Interval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromSeconds(2) },
                    },
                    Destinations = nodes.ToDictionary(
                        node => node, node => new DestinationConfig { Address = Settings.RequireAddresses("A node's address", node) }),
                },
            ]);
        var app = builder.Build();
        app.MapGet("/health/ready", () => "Healthy");
        app.MapReverseProxy();
        return app;
    }
}
