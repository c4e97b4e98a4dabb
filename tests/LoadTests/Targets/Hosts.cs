using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace EngageCenter.LoadTests;

/// <summary>Creates hosts of silos and clients. They read no configuration from outside, so that the same is measured everywhere.</summary>
internal static class Hosts
{
    private const int MaxStartAttempts = 15;

    private static readonly TimeSpan gatewayRefresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan retry = TimeSpan.FromSeconds(1);

    public static HostApplicationBuilder NewBuilder()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { EnvironmentName = Environments.Production });

        // Ctrl+C ends the load, which is then reported on, but not the hosts.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();

        // Logs go to standard error, because standard output has the report. What silos log while they all stop is left out.
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Error).AddFilter("Polly", LogLevel.None)
            .Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        return builder;
    }

    /// <summary>Starts a client that is set up like a web node's.</summary>
    public static async Task<IHost> StartClientAsync(HostApplicationBuilder builder, IReadOnlyList<IPEndPoint> gateways, CancellationToken cancellation)
    {
        var attempts = 0;
        builder.UseOrleansClient(client =>
        {
            if (gateways.Count > 0)
            {
                client.UseStaticClustering([.. gateways]);
            }

            client.AddClusterTls(isRemote: gateways.Count == 0);
            client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = gatewayRefresh);
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = SiloHost.ResponseTimeout);
            client.UseConnectionRetryFilter(async (_, stopping) =>
            {
                // Silos are processes or machines that start in real time, and a silo that is not there yet sends no signal. The number of
                // attempts limits the wait, and the end of the client's start cancels it.
                await Task.Delay(retry, TimeProvider.System, stopping);
                return ++attempts < MaxStartAttempts;
            });
        });

        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellation);
            return host;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            host.Dispose();
            throw new TargetException($"The cluster was not reached: {e.Message}", e);
        }
    }

    public static async Task StopAsync(params IEnumerable<IHost> hosts)
    {
        foreach (var host in hosts)
        {
            await host.StopAsync();
            host.Dispose();
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
