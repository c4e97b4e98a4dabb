using System.Net;
using EngageCenter.WebApi.Hosting;
using Orleans.Configuration;
using Orleans.Dashboard;

namespace EngageCenter.WebApi;

/// <summary>The way to the grains for a web node of its own.</summary>
internal static class OrleansClient
{
    private static readonly TimeSpan retry = TimeSpan.FromSeconds(2);

    // A gateway that stands still without closing its connection is left once it is off the list: until then what went
    // through it waits. One read of the membership each time.
    private static readonly TimeSpan gatewayRefresh = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Which cluster, <c>Orleans:Clustering:ProviderType</c> says: <c>Redis</c> with its <c>ConnectionString</c>, or
    /// <c>AzureTableStorage</c> with what <see cref="ClusterTables"/> reads. Without it, the silos at
    /// <see cref="WebApiOptions.Gateways"/>, or the one on this machine.
    /// </summary>
    public static void AddOrleansClient(this WebApplicationBuilder builder)
    {
        // So that the node answers, and says that it is not ready, while it waits for a cluster.
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
        builder.UseOrleansClient(client =>
        {
            // A provider of clustering may name any address.
            var isRemote = true;
            if (string.IsNullOrEmpty(builder.Configuration["Orleans:Clustering:ProviderType"]))
            {
                isRemote = UseGateways(client, WebApiOptions.Read(builder.Configuration));
            }

            client.AddClusterTables().AddClusterTls(isRemote);

            // A part of the key by which a clustering provider keeps its silos.
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
                // Without its stream of the log, as on the silos.
                client.AddDashboard(dashboard => dashboard.HideTrace = true);
            }

            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = gatewayRefresh);
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(30));
            client.UseConnectionRetryFilter(async (_, cancellation) =>
            {
                // There is no cluster to wait for a signal from.
                await Task.Delay(retry, TimeProvider.System, cancellation);
                return true;
            });
        });
    }

    /// <returns>Whether one of them is not on loopback.</returns>
    private static bool UseGateways(IClientBuilder client, WebApiOptions options)
    {
        IPEndPoint[] gateways = [.. options.Gateways
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(gateway => IPEndPoint.TryParse(gateway, out var endpoint)
                ? endpoint
                : throw new SettingException($"{WebApiOptions.Section}:Gateways has '{gateway}', which is no address:port."))];
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
