using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace EngageCenter;

/// <summary>
/// Mutual TLS between silos, and from web nodes to silos, by <see cref="ClusterTlsOptions"/>. Grains believe what a web node
/// tells them of its caller, so whoever may connect may do everything: a silo takes nobody without a certificate of its
/// cluster, and shows its own.
/// </summary>
public static class ClusterTls
{
    /// <exception cref="InvalidOperationException">A setting is not usable; the message says which and why.</exception>
    public static ISiloBuilder AddClusterTls(this ISiloBuilder silo)
    {
        if (silo.Services.AddCertificates(silo.Configuration).IsOn)
        {
            silo.Services.AddOptions<SiloConnectionOptions>().Configure<ClusterCertificates>((connections, certificates) =>
            {
                connections.ConfigureSiloInboundConnection(connection => new OneLineLogs(connection).UseServerTls(certificates.Inbound));
                connections.ConfigureGatewayInboundConnection(connection => new OneLineLogs(connection).UseServerTls(certificates.Inbound));
                connections.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(certificates.Outbound));
            });
        }
        else
        {
            silo.Services.AddSingleton<IConfigurationValidator, PlainSilo>();
        }

        return silo;
    }

    /// <param name="isRemote">Whether it may be given the address of a silo that is not on this machine's loopback.</param>
    /// <exception cref="InvalidOperationException">A setting is not usable; the message says which and why.</exception>
    public static IClientBuilder AddClusterTls(this IClientBuilder client, bool isRemote)
    {
        if (client.Services.AddCertificates(client.Configuration).IsOn)
        {
            client.Services.AddOptions<ClientConnectionOptions>().Configure<ClusterCertificates>((connections, certificates) =>
                connections.ConfigureConnection(connection => connection.UseClientTls(certificates.Outbound)));
        }
        else if (isRemote)
        {
            client.Services.AddSingleton<IConfigurationValidator, PlainClient>();
        }

        return client;
    }

    private static ClusterTlsOptions AddCertificates(this IServiceCollection services, IConfiguration configuration)
    {
        var options = ClusterTlsOptions.Read(configuration);
        services.AddSingleton(options);
        if (options.IsOn)
        {
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton<ClusterCertificates>();
            services.AddHostedService(provider => provider.GetRequiredService<ClusterCertificates>());
        }

        return options;
    }
}

/// <summary>A silo without TLS: it may listen on loopback.</summary>
internal sealed class PlainSilo(
    ClusterTlsOptions options, IOptions<EndpointOptions> endpoints, IHostEnvironment environment, ILogger<PlainSilo> logger)
    : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        var silo = endpoints.Value;
        IPAddress?[] addresses =
        [
            silo.SiloListeningEndpoint?.Address ?? silo.AdvertisedIPAddress,
            silo.GatewayListeningEndpoint?.Address ?? silo.AdvertisedIPAddress,
        ];
        if (addresses.FirstOrDefault(address => address is null || !IPAddress.IsLoopback(address)) is { } address)
        {
            PlainText.Accept(options, environment, logger, $"This silo listens on {address}");
        }
    }
}

/// <summary>A web node without TLS whose silos may be anywhere.</summary>
internal sealed class PlainClient(ClusterTlsOptions options, IHostEnvironment environment, ILogger<PlainClient> logger) : IConfigurationValidator
{
    public void ValidateConfiguration() => PlainText.Accept(options, environment, logger, "This web node connects to silos beyond this machine's loopback");
}

internal static partial class PlainText
{
    /// <exception cref="InvalidOperationException">Plain text was not allowed.</exception>
    public static void Accept(ClusterTlsOptions options, IHostEnvironment environment, ILogger logger, string what)
    {
        if (options.IsRequired(environment))
        {
            throw new InvalidOperationException(
                $"{what}, and {ClusterTlsOptions.Section} has no certificate: set {nameof(ClusterTlsOptions.CertificateFile)} or {nameof(ClusterTlsOptions.Store)}, "
                + $"or {nameof(ClusterTlsOptions.Required)} to false where the network keeps everybody else out.");
        }

        if (!environment.IsDevelopment())
        {
            LogPlain(logger, what);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{What} in plain text, because Clustering:Tls:Required is false: whoever reaches a port of the cluster may do everything")]
    private static partial void LogPlain(ILogger logger, string what);
}
