using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EngageCenter.LoadTests;

/// <summary>
/// Silos in this process, each set up by <see cref="SiloHost"/>, with sockets between them and to the client. They share a
/// temporary SQLite file, and they share the process with the client, so their processor times cannot be told apart.
/// </summary>
internal sealed class InProcessCluster : ITarget
{
    public const int MaxSilos = 10;

    private readonly TempFolder folder;
    private readonly List<IHost> silos;
    private readonly IHost client;

    private InProcessCluster(TempFolder folder, List<IHost> silos, IHost client) => (this.folder, this.silos, this.client) = (folder, silos, client);

    public IGrainFactory Grains => client.Services.GetRequiredService<IGrainFactory>();

    public string Description => "in one process with the load: sockets between silos and client, one SQLite file";

    public int Silos => silos.Count;

    public static async Task<InProcessCluster> StartAsync(int count, CancellationToken cancellation)
    {
        var folder = new TempFolder();
        List<IHost> silos = [];
        try
        {
            List<(int Silo, int Gateway)> ports = [.. Enumerable.Range(0, count).Select(_ => (FreePort.Next(), FreePort.Next()))];
            foreach (var own in ports)
            {
                // Silos start one after the other: the first one keeps the table of members.
                silos.Add(Silo(folder.File("load-tests.db"), own, ports[0].Silo));
                await silos[^1].StartAsync(cancellation);
            }

            var builder = Hosts.NewBuilder();
            builder.Configuration.AddInMemoryCollection(Names());
            var client = await Hosts.StartClientAsync(builder, [.. ports.Select(p => new IPEndPoint(IPAddress.Loopback, p.Gateway))], cancellation);
            return new(folder, silos, client);
        }
        catch
        {
            await Hosts.StopAsync(Enumerable.Reverse(silos));
            folder.Dispose();
            throw;
        }
    }

    public ImmutableArray<ProcessorTime> Processors() => [new("silos and client", Environment.CpuUsage.TotalTime)];

    public async ValueTask DisposeAsync()
    {
        await Hosts.StopAsync([client, .. Enumerable.Reverse(silos)]);
        folder.Dispose();
    }

    private static IHost Silo(string file, (int Silo, int Gateway) ports, int primary)
    {
        var builder = Hosts.NewBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(Names())
        {
            ["Orleans:Clustering:ProviderType"] = "Development",
            ["Orleans:Clustering:PrimarySiloEndPoint"] = $"{IPAddress.Loopback}:{Number(primary)}",
            ["Orleans:Endpoints:AdvertisedIPAddress"] = IPAddress.Loopback.ToString(),
            ["Orleans:Endpoints:SiloPort"] = Number(ports.Silo),
            ["Orleans:Endpoints:GatewayPort"] = Number(ports.Gateway),
            ["Storage:SqliteFile"] = file,
        });
        builder.AddEngageCenterSilo();
        return builder.Build();
    }

    private static Dictionary<string, string?> Names() => new()
    {
        ["Orleans:ClusterId"] = "load-tests",
        ["Orleans:ServiceId"] = EngageCenterService.DefaultId,
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
