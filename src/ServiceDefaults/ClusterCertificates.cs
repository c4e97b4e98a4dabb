using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Connections.Security;

namespace EngageCenter;

/// <summary>
/// Holds the certificate that this process shows to its cluster, and decides which certificates it accepts. Both are read
/// again every <see cref="ClusterTlsOptions.CheckEvery"/>: new connections use the new ones, and open connections stay open.
/// If the new files cannot be used, the reason is logged and the previous ones stay in use.
/// </summary>
internal sealed partial class ClusterCertificates : BackgroundService
{
    private readonly ClusterTlsOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<ClusterCertificates> logger;

    private volatile ClusterIdentity current;
    private string? lastRefusal;
    private bool saidThatItExpires;

    /// <exception cref="InvalidOperationException">The certificate cannot be used; the message says why.</exception>
    public ClusterCertificates(ClusterTlsOptions options, TimeProvider time, ILogger<ClusterCertificates> logger)
    {
        (this.options, this.time, this.logger) = (options, time, logger);
        current = ClusterIdentity.Read(options, time.GetUtcNow());
        LogUses();
    }

    /// <summary>TLS options for connections that other processes open.</summary>
    public TlsOptions Inbound => new()
    {
        // Required by the options, but not used: the certificate is set below, together with its intermediate certificates.
        LocalServerCertificateSelector = (_, _) => current.Certificate,
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = Accepts,
        SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        OnAuthenticateAsServer = (_, authentication) =>
        {
            var identity = current;
            var tls = (SslServerAuthenticationOptions)authentication.SslServerAuthenticationOptions;
            tls.ServerCertificateSelectionCallback = null;
            tls.ServerCertificateContext = identity.Context;
            tls.ClientCertificateRequired = true;
            tls.CertificateChainPolicy = identity.PolicyFor(ofServer: false, time.GetUtcNow());

            // Connections are few and stay open. A resumed session would reuse an older check of the certificate.
            tls.AllowTlsResume = false;
        },
    };

    /// <summary>TLS options for connections that this process opens.</summary>
    public TlsOptions Outbound => new()
    {
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = Accepts,
        SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        OnAuthenticateAsClient = (_, authentication) =>
        {
            var identity = current;
            var tls = (SslClientAuthenticationOptions)authentication.SslClientAuthenticationOptions;
            tls.TargetHost = options.Name;
            tls.ClientCertificateContext = identity.Context;
            tls.CertificateChainPolicy = identity.PolicyFor(ofServer: true, time.GetUtcNow());
            tls.AllowTlsResume = false;
        },
    };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.CheckEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Check();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
    }

    /// <summary>Reads the settings' files again, and uses them if they have changed.</summary>
    internal void Check()
    {
        var now = DateTimeOffset.MinValue;
        try
        {
            now = time.GetUtcNow();
            var read = ClusterIdentity.Read(options, now);
            lastRefusal = null;
            if (read.Digest != current.Digest)
            {
                current = read;
                saidThatItExpires = false;
                LogUses();
            }
        }
        catch (Exception e)
        {
            // Whatever fails (files that are being replaced one by one, or a short lack of memory), the previous certificate
            // stays in use. An exception that left this service would stop the host.
            if (e.Message != lastRefusal)
            {
                lastRefusal = e.Message;
                LogKeeps(e.Message);
            }
        }

        var certificate = current.Certificate;
        if (!saidThatItExpires && now > certificate.NotAfter - ((certificate.NotAfter - certificate.NotBefore) / 4))
        {
            saidThatItExpires = true;
            LogExpiresSoon(Thumbprint(certificate), Utc(certificate.NotAfter));
        }
    }

    private bool Accepts(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        // The name is checked below: more strictly than SslStream does, and on both sides.
        var isTrusted = (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;
        if (ClusterIdentity.WhyNot(options, certificate, chain, isTrusted) is not { } reason)
        {
            return true;
        }

        LogRefuses(certificate.Subject, Thumbprint(certificate), reason);
        return false;
    }

    private void LogUses()
    {
        if (logger.IsEnabled(LogLevel.Information))
        {
            LogUses(Thumbprint(current.Certificate), Utc(current.Certificate.NotAfter), current.TrustedCas);
        }
    }

    private static string Thumbprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    private static string Utc(DateTime local) => local.ToUniversalTime().ToString("u", CultureInfo.InvariantCulture);

    [LoggerMessage(LogLevel.Information, "Cluster connections use the certificate {Thumbprint}, valid until {NotAfter}; trusted CAs: {TrustedCas}")]
    private partial void LogUses(string thumbprint, string notAfter, int trustedCas);

    [LoggerMessage(LogLevel.Error, "The changed cluster certificate cannot be used, so the previous one stays in use. {Reason}")]
    private partial void LogKeeps(string reason);

    [LoggerMessage(LogLevel.Warning, "Replace the cluster certificate {Thumbprint}: less than a quarter of its lifetime is left, it is valid until {NotAfter}")]
    private partial void LogExpiresSoon(string thumbprint, string notAfter);

    [LoggerMessage(LogLevel.Warning, "A connection was refused because of its certificate '{Subject}', {Thumbprint}: {Reason}")]
    private partial void LogRefuses(string subject, string thumbprint, string reason);
}
