using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EngageCenter.LocalEntra;

/// <summary>
/// Loads the certificate of the https address. It is self-signed, so no browser trusts it; in Development, a host on this
/// machine trusts it by its thumbprint.
/// </summary>
internal static class HttpsCertificate
{
    private const int LifetimeInDays = 365;

    /// <summary>A certificate that expires within this time is replaced at start.</summary>
    private const int RenewalInDays = 30;

    /// <exception cref="LocalEntraConfigurationException">The file cannot be read or created.</exception>
    public static X509Certificate2 Load(LocalEntraOptions options, TimeProvider time)
    {
        if (string.IsNullOrWhiteSpace(options.CertificateFile))
        {
            return Read(NewPem(time));
        }

        var path = Path.GetFullPath(options.CertificateFile);
        try
        {
            if (!File.Exists(path))
            {
                PrivateFile.Write(path, NewPem(time));
            }

            var certificate = Read(File.ReadAllText(path));
            if (time.GetUtcNow().AddDays(RenewalInDays).UtcDateTime <= certificate.NotAfter.ToUniversalTime())
            {
                return certificate;
            }

            certificate.Dispose();
            PrivateFile.Write(path, NewPem(time), replace: true);
            return Read(File.ReadAllText(path));
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException)
        {
            throw LocalEntraOptions.Refusal(nameof(LocalEntraOptions.CertificateFile), $"'{path}' contains no usable certificate with its key: {unusable.Message.TrimEnd('.')}; delete the file, and a new one is created");
        }
    }

    private static string NewPem(TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=LocalEntra (development only)", key, HashAlgorithmName.SHA256);

        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "TLS server")], critical: false));

        // The certificate starts a day earlier, so that clocks may differ a little.
        var now = time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(LifetimeInDays));
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}";
    }

    private static X509Certificate2 Read(string pem)
    {
        using var read = X509Certificate2.CreateFromPem(pem, pem);

        // On Windows, TLS needs a key that is not only in memory.
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), password: null);
    }
}
