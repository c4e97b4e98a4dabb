using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EngageCenter;

/// <summary>A CA of a test's own.</summary>
internal sealed class TestAuthority
{
    public const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    public const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 certificate;
    private readonly DateTimeOffset now;

    /// <param name="now">It is valid from a year before to a year after.</param>
    public TestAuthority(DateTimeOffset now)
    {
        this.now = now;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        certificate = Request("a CA of tests", key, isCa: true).CreateSelfSigned(now.AddYears(-1), now.AddYears(1));
    }

    private TestAuthority(X509Certificate2 certificate, DateTimeOffset now) => (this.certificate, this.now) = (certificate, now);

    public string Pem => certificate.ExportCertificatePem();

    /// <summary>A CA below this one.</summary>
    public TestAuthority Below()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new(Sign(Request("a CA between", key, isCa: true), key, now.AddDays(-100), now.AddDays(100)), now);
    }

    /// <summary>A certificate with its key, valid for 90 days of which 10 are over unless it is said otherwise.</summary>
    /// <param name="name">The DNS name among its alternative names; null: none.</param>
    public X509Certificate2 Issue(string? name = "engage-center", int days = -10, int until = 80, string[]? usages = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request("engage-center", key, isCa: false);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. (usages ?? [ServerUsage, ClientUsage]).Select(u => new Oid(u))], critical: false));
        if (name is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
        }

        return Sign(request, key, now.AddDays(days), now.AddDays(until));
    }

    /// <summary>Certificate and key as PEM.</summary>
    public static (string Certificate, string Key) PemOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private X509Certificate2 Sign(CertificateRequest request, ECDsa key, DateTimeOffset from, DateTimeOffset until)
    {
        // By the key, since several CAs of a test have one name.
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var signed = request.Create(certificate, from, until, RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isCa)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isCa, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(isCa ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }
}
