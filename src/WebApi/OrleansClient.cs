using System.Net;
using EngageCenter.WebApi.Hosting;
using Orleans.Configuration;
using Orleans.Dashboard;

namespace EngageCenter.WebApi;

/// <summary>Connects a web node that runs in a process of its own to the silos.</summary>
internal static class OrleansClient
{
    private static readonly TimeSpan retry = TimeSpan.FromSeconds(2);

    // Requests through a gateway that hangs without closing its connection wait until the gateway is off this list. Each
    // refresh reads the membership once.
    private static readonly TimeSpan gatewayRefresh = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Adds the Orleans client. <c>Orleans:Clustering:ProviderType</c> selects the cluster: <c>Redis</c> with its
    /// <c>ConnectionString</c>, or <c>AzureTableStorage</c> with the settings that <see cref="ClusterTables"/> reads.
    /// Without it, the client uses the silos at <see cref="WebApiOptions.Gateways"/>, or the one on this machine.
    /// </summary>
    public static void AddOrleansClient(this WebApplicationBuilder builder)
    {
        // So that the node can report that it is not ready while it waits for a cluster.
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
        builder.UseOrleansClient(client =>
        {
            // A clustering provider may return any address.
            var isRemote = true;
            if (string.IsNullOrEmpty(builder.Configuration["Orleans:Clustering:ProviderType"]))
            {
                isRemote = UseGateways(client, WebApiOptions.Read(builder.Configuration));
            }

            client.AddClusterTables().AddClusterTls(isRemote);

            // Clustering providers use it as a part of the key under which they store silos.
            if (string.IsNullOrWhiteSpace(builder.Configuration["Orleans:ServiceId"]))
            {
                client.Configure<ClusterOptions>(options => options.ServiceId = EngageCenterService.DefaultId);
            }

            if (Telemetry.IsConfigured(builder.Configuration))
            {
                client.AddActivityPropagation();
            }

            if (Dashboard.IsEnabled(builder.Configuration))
            {
                // Without the dashboard's log stream, as on the silos.
                client.AddDashboard(dashboard => dashboard.HideTrace = true);
            }

            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = gatewayRefresh);
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(30));
            client.UseConnectionRetryFilter(async (_, cancellation) =>
            {
                // Waits for time itself, because an absent cluster cannot signal.
                await Task.Delay(retry, TimeProvider.System, cancellation);
                return true;
            });
        });
    }

    /// <returns>Whether at least one gateway is not on loopback.</returns>
    private static bool UseGateways(IClientBuilder client, WebApiOptions options)
    {
        IPEndPoint[] gateways = [.. options.Gateways
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(gateway => IPEndPoint.TryParse(gateway, out var endpoint)
                ? endpoint
                : throw new SettingException($"{WebApiOptions.Section}:Gateways contains '{gateway}', which is not of the form address:port."))];
        if (gateways.Length == 0)
        {
            client.UseLocalhostClustering();
        }
        else
        {
            client.UseStaticClustering(gateways);
        }

        return !gateways.All(gateway => IPAddress.IsLoopback(gateway.Address));
    }
}
