using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace EngageCenter.LoadTests;

/// <summary>The address of a cluster, and the processes of its silos on this machine.</summary>
/// <param name="Processes">Empty if their processor time is unknown.</param>
internal sealed record ClusterAddress(string Redis, string ClusterId, string ServiceId, ImmutableArray<int> Processes)
{
    /// <summary>The <c>Clustering:Tls</c> settings with which the silos accept this client.</summary>
    public ImmutableDictionary<string, string> Tls { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Returns the TLS settings of an environment.</summary>
    public static ImmutableDictionary<string, string> TlsOf(IEnumerable<(string Name, string Value)> environment) => environment
        .Where(variable => variable.Name.StartsWith("Clustering__Tls__", StringComparison.Ordinal))
        .ToImmutableDictionary(variable => variable.Name.Replace("__", ":", StringComparison.Ordinal), variable => variable.Value);
}

/// <summary>A cluster whose silos run by themselves and are found through Redis.</summary>
internal sealed class RunningCluster : ITarget
{
    public const string DefaultClusterId = ClusterOptions.DefaultClusterId;

    private readonly IHost client;
    private readonly ClusterAddress address;

    private RunningCluster(IHost client, ClusterAddress address, int silos) => (this.client, this.address, Silos) = (client, address, silos);

    public IGrainFactory Grains => client.Services.GetRequiredService<IGrainFactory>();

    public string Description => "in processes of their own, found through Redis";

    public int Silos { get; }

    public static async Task<RunningCluster> ConnectAsync(ClusterAddress address, CancellationToken cancellation)
    {
        var builder = Hosts.NewBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Orleans:Clustering:ProviderType"] = "Redis",
            ["Orleans:Clustering:ConnectionString"] = address.Redis,
            ["Orleans:ClusterId"] = address.ClusterId,
            ["Orleans:ServiceId"] = address.ServiceId,

            // Without TLS settings, the cluster decides whether the client may connect.
            ["Clustering:Tls:Required"] = bool.FalseString,
        });
        builder.Configuration.AddInMemoryCollection(address.Tls!);
        var client = await Hosts.StartClientAsync(builder, [], cancellation);
        try
        {
            var silos = await client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, cancellation);
            return address.Processes.IsEmpty || address.Processes.Length == silos.Count
                ? new(client, address, silos.Count)
                : throw new TargetException($"The cluster has {silos.Count} active silos, and {address.Processes.Length} processes were named as such.");
        }
        catch
        {
            await Hosts.StopAsync(client);
            throw;
        }
    }

    public ImmutableArray<ProcessorTime> Processors()
    {
        var own = new ProcessorTime("client", Environment.CpuUsage.TotalTime);
        return address.Processes.IsEmpty
            ? [own]
            : [new("silos", address.Processes.Aggregate(TimeSpan.Zero, (sum, id) => sum + TakenBy(id))), own];
    }

    public async ValueTask DisposeAsync() => await Hosts.StopAsync(client);

    private static TimeSpan TakenBy(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.TotalProcessorTime;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new SiloEndedException(id);
        }
    }
}
