using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EngageCenter;

/// <summary>A certificate authority for a test.</summary>
internal sealed class TestAuthority
{
    public const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    public const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 certificate;
    private readonly DateTimeOffset now;

    /// <param name="now">The CA is valid from one year before this to one year after.</param>
    public TestAuthority(DateTimeOffset now)
    {
        this.now = now;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        certificate = Request("a CA of tests", key, isCa: true).CreateSelfSigned(now.AddYears(-1), now.AddYears(1));
    }

    private TestAuthority(X509Certificate2 certificate, DateTimeOffset now) => (this.certificate, this.now) = (certificate, now);

    public string Pem => certificate.ExportCertificatePem();

    /// <summary>Creates a CA that this one has signed.</summary>
    public TestAuthority Below()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new(Sign(Request("a CA between", key, isCa: true), key, now.AddDays(-100), now.AddDays(100)), now);
    }

    /// <summary>Issues a certificate with its key. By default it is valid for 90 days, of which 10 have passed.</summary>
    /// <param name="name">The DNS name in the certificate; null for none.</param>
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

    /// <summary>Returns certificate and key as PEM.</summary>
    public static (string Certificate, string Key) PemOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    private X509Certificate2 Sign(CertificateRequest request, ECDsa key, DateTimeOffset from, DateTimeOffset until)
    {
        // The issuer is identified by its key, because several CAs of a test have the same name.
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
