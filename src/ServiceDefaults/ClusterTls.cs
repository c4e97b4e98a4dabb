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
/// Adds mutual TLS between silos, and between web nodes and silos, as configured by <see cref="ClusterTlsOptions"/>. Grains
/// trust what a web node says about its caller, so whoever may connect may do everything. Therefore a silo accepts only
/// members with a certificate of its cluster, and shows its own.
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

    /// <param name="isRemote">Whether the client may connect to a silo that is not on this machine's loopback.</param>
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

/// <summary>Checks a silo without TLS: it may listen only on loopback.</summary>
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

/// <summary>Checks a web node without TLS whose silos may be on other machines.</summary>
internal sealed class PlainClient(ClusterTlsOptions options, IHostEnvironment environment, ILogger<PlainClient> logger) : IConfigurationValidator
{
    public void ValidateConfiguration() => PlainText.Accept(options, environment, logger, "This web node connects to silos beyond this machine's loopback");
}

internal static partial class PlainText
{
    /// <exception cref="InvalidOperationException">Plain text is not allowed.</exception>
    public static void Accept(ClusterTlsOptions options, IHostEnvironment environment, ILogger logger, string what)
    {
        if (options.IsRequired(environment))
        {
            throw new InvalidOperationException(
                $"{what}, and {ClusterTlsOptions.Section} has no certificate: set {nameof(ClusterTlsOptions.CertificateFile)} or {nameof(ClusterTlsOptions.Store)}, "
                + $"or set {nameof(ClusterTlsOptions.Required)} to false if nobody else can reach this network.");
        }

        if (!environment.IsDevelopment())
        {
            LogPlain(logger, what);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{What} in plain text, because Clustering:Tls:Required is false. Anybody who can reach a port of the cluster may do everything")]
    private static partial void LogPlain(ILogger logger, string what);
}
