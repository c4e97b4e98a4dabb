using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace EngageCenter.WarmCheck;

/// <summary>
/// A production silo as a cluster of its own, on two free ports and with a temporary database. How a call is processed depends
/// on the silo's set-up, and a test cluster is set up differently.
/// </summary>
internal sealed class BenchmarkSilo : IAsyncDisposable
{
    private readonly DirectoryInfo folder;
    private readonly IHost silo;
    private readonly IHost? client;

    private BenchmarkSilo(DirectoryInfo folder, IHost silo, IHost? client) => (this.folder, this.silo, this.client) = (folder, silo, client);

    /// <summary>The factory of the client, or in the silo's process the silo's own, as grains and a web API beside it use it.</summary>
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

    // No configuration from outside is read, so that the same is measured everywhere.
    private static HostApplicationBuilder Quiet()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { EnvironmentName = Environments.Production });
        // What a silo logs when it stops with leases out is not part of the figures.
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Error).AddFilter("Polly", LogLevel.None);
        return builder;
    }

    // Both are reserved at the same time, so that they differ.
    private static (int Silo, int Gateway) FreePorts()
    {
        using var silo = new TcpListener(IPAddress.Loopback, 0);
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        return (((IPEndPoint)silo.LocalEndpoint).Port, ((IPEndPoint)gateway.LocalEndpoint).Port);
    }
}
