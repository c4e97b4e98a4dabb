using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace EngageCenter.WarmCheck;

/// <summary>
/// The silo as it is in production, a cluster of its own on two free ports and a database that is deleted: what a
/// call passes on its way depends on how a silo is set up, and a test cluster is set up in its own way.
/// </summary>
internal sealed class BenchmarkSilo : IAsyncDisposable
{
    private readonly DirectoryInfo folder;
    private readonly IHost silo;
    private readonly IHost? client;

    private BenchmarkSilo(DirectoryInfo folder, IHost silo, IHost? client) => (this.folder, this.silo, this.client) = (folder, silo, client);

    /// <summary>In the silo's process its own factory, as a grain and a web API beside it have it.</summary>
    public IGrainFactory Grains => (client ?? silo).Services.GetRequiredService<IGrainFactory>();

    public static async Task<BenchmarkSilo> Start(bool withClient)
    {
        var folder = Directory.CreateTempSubdirectory("warm-check-");
        var (siloPort, gatewayPort) = FreePorts();
        var builder = Quiet();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:Endpoints:SiloPort"] = siloPort.ToString(CultureInfo.InvariantCulture),
            ["Orleans:Endpoints:GatewayPort"] = gatewayPort.ToString(CultureInfo.InvariantCulture),
            ["Storage:SqliteFile"] = Path.Combine(folder.FullName, "warm-check.db"),
        });
        builder.AddEngageCenterSilo();
        var silo = builder.Build();
        await silo.StartAsync();

        var client = withClient ? Client(silo.Services.GetRequiredService<IOptions<ClusterOptions>>().Value, gatewayPort) : null;
        await (client?.StartAsync() ?? Task.CompletedTask);
        return new(folder, silo, client);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in new[] { client, silo }.OfType<IHost>())
        {
            await host.StopAsync();
            host.Dispose();
        }

        folder.Delete(recursive: true);
    }

    private static IHost Client(ClusterOptions cluster, int gatewayPort)
    {
        var builder = Quiet();
        builder.UseOrleansClient(client => client
            .UseStaticClustering(new IPEndPoint(IPAddress.Loopback, gatewayPort))
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (cluster.ClusterId, cluster.ServiceId)));
        return builder.Build();
    }

    // Without configuration from outside: what is measured is the same everywhere.
    private static HostApplicationBuilder Quiet()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { EnvironmentName = Environments.Production });
        // What a silo says when it goes away with its leases out is no part of the figures.
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Error).AddFilter("Polly", LogLevel.None);
        return builder;
    }

    // Held at the same time, so that they differ.
    private static (int Silo, int Gateway) FreePorts()
    {
        using var silo = new TcpListener(IPAddress.Loopback, 0);
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        return (((IPEndPoint)silo.LocalEndpoint).Port, ((IPEndPoint)gateway.LocalEndpoint).Port);
    }
}
