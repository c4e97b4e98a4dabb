using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EngageCenter;

/// <summary>
/// The result of reading the certificate files or the certificate store once: the certificate with its key, and the trusted
/// CAs.
/// </summary>
internal sealed class ClusterIdentity
{
    /// <summary>The maximum size of one file.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    /// <summary>The maximum number of files in a folder of CAs.</summary>
    private const int MaxCaFiles = 100;

    private static readonly Oid server = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid client = new("1.3.6.1.5.5.7.3.2");

    private readonly ClusterTlsOptions options;
    private readonly X509Certificate2Collection trusted;
    private readonly X509Certificate2Collection between;

    private ClusterIdentity(ClusterTlsOptions options, X509Certificate2 certificate, X509Certificate2Collection between, X509Certificate2Collection trusted)
    {
        (this.options, this.between, this.trusted) = (options, between, trusted);
        Certificate = certificate;

        // Offline: only the configured certificates are shown, and nothing is downloaded.
        Context = SslStreamCertificateContext.Create(certificate, between, offline: true);
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>The certificate with its intermediate certificates, as it is shown to others.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>The number of trusted CAs; 0 if certificates are trusted by thumbprint.</summary>
    public int TrustedCas => trusted.Count;

    /// <summary>A hash of everything that was read, including the key: equal content has an equal hash.</summary>
    public string Digest { get; private init; } = "";

    /// <exception cref="InvalidOperationException">The certificate cannot be used; the message says why.</exception>
    public static ClusterIdentity Read(ClusterTlsOptions options, DateTimeOffset now)
    {
        try
        {
            using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var (certificate, between) = ClusterTlsOptions.IsSet(options.Store)
                ? (FromStore(options, now, digest), new X509Certificate2Collection())
                : FromFile(options, digest);
            var identity = new ClusterIdentity(options, certificate, between, Trusted(options, digest)) { Digest = Convert.ToHexString(digest.GetHashAndReset()) };
            return identity.WhyNotOwn(now) is { } reason
                ? throw new InvalidOperationException($"{Where(options)}: {reason}")
                : identity;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new InvalidOperationException($"{Where(options)} cannot be used. {OneLine(e.Message)}", e);
        }
    }

    /// <summary>Returns the policy that checks the certificate of a server or of a client at the present time.</summary>
    public X509ChainPolicy PolicyFor(bool ofServer, DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            VerificationTime = now.LocalDateTime,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            ApplicationPolicy = { ofServer ? server : client },

            // A trusted thumbprint counts whoever issued the certificate. WhyNot checks it after the policy.
            VerificationFlags = options.Thumbprints.Count > 0 ? X509VerificationFlags.AllowUnknownCertificateAuthority : X509VerificationFlags.NoFlag,
        };
        policy.CustomTrustStore.AddRange(trusted);
        return policy;
    }

    /// <summary>Returns why a certificate does not belong to this cluster; null if it does.</summary>
    /// <param name="chain">The chain built with <see cref="PolicyFor"/>.</param>
    /// <param name="isTrusted">Whether the certificate meets the policy.</param>
    public static string? WhyNot(ClusterTlsOptions options, X509Certificate2 certificate, X509Chain? chain, bool isTrusted)
    {
        if (!isTrusted)
        {
            var statuses = chain?.ChainStatus.Select(s => OneLine(s.StatusInformation)).Where(s => s.Length > 0) ?? [];
            return $"it is not valid for this use, or not issued by a trusted CA: {string.Join(" ", statuses.Distinct().Order(StringComparer.Ordinal))}".TrimEnd(' ', ':');
        }

        if (!certificate.MatchesHostname(options.Name, allowWildcards: false, allowCommonName: false))
        {
            return $"'{options.Name}' is not among its subject alternative names";
        }

        return options.Thumbprints.Count > 0 && !options.Thumbprints.Contains(certificate.GetCertHashString(HashAlgorithmName.SHA256))
            ? $"its thumbprint is not among {ClusterTlsOptions.Section}:{nameof(ClusterTlsOptions.Thumbprints)}"
            : null;
    }

    // Other members check this certificate by the same settings, and a silo is both a server and a client.
    private string? WhyNotOwn(DateTimeOffset now)
    {
        if (!Certificate.HasPrivateKey)
        {
            return "it has no private key";
        }

        foreach (var ofServer in (bool[])[true, false])
        {
            using var chain = new X509Chain { ChainPolicy = PolicyFor(ofServer, now) };
            chain.ChainPolicy.ExtraStore.AddRange(between);
            if (WhyNot(options, Certificate, chain, chain.Build(Certificate)) is { } reason)
            {
                return $"as the certificate of a {(ofServer ? "server" : "client")}, {reason}";
            }
        }

        return null;
    }

    private static (X509Certificate2 Certificate, X509Certificate2Collection Between) FromFile(ClusterTlsOptions options, IncrementalHash digest)
    {
        var content = Content(options.CertificateFile!, digest);
        var all = new X509Certificate2Collection();
        if (!IsPem(content))
        {
            all.AddRange(X509CertificateLoader.LoadPkcs12Collection(content, options.Password));
            var own = all.FirstOrDefault(c => c.HasPrivateKey) ?? throw new CryptographicException("It has no certificate with a private key.");
            all.Remove(own);
            return (own, all);
        }

        var text = Encoding.UTF8.GetString(content);
        var key = ClusterTlsOptions.IsSet(options.KeyFile) ? Encoding.UTF8.GetString(Content(options.KeyFile!, digest)) : text;
        all.ImportFromPem(text);
        if (all.Count > 0)
        {
            all.RemoveAt(0);
        }

        var certificate = ClusterTlsOptions.IsSet(options.Password)
            ? X509Certificate2.CreateFromEncryptedPem(text, key, options.Password)
            : X509Certificate2.CreateFromPem(text, key);

        // On Windows, TLS needs a key that Windows itself stores.
        return OperatingSystem.IsWindows()
            ? (X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null), all)
            : (certificate, all);
    }

    private static X509Certificate2 FromStore(ClusterTlsOptions options, DateTimeOffset now, IncrementalHash digest)
    {
        var parts = options.Store!.Split('/');
        if (parts.Length != 2 || !Enum.TryParse<StoreLocation>(parts[0], out var location) || !Enum.IsDefined(location))
        {
            throw new ArgumentException("It must be a location and a name, such as CurrentUser/My or LocalMachine/My.");
        }

        using var store = new X509Store(parts[1], location, OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
        var certificate = store.Certificates
            .Where(c => c.HasPrivateKey && c.MatchesHostname(options.Name, allowWildcards: false, allowCommonName: false)
                && c.NotBefore <= now.LocalDateTime && now.LocalDateTime <= c.NotAfter)
            .MaxBy(c => c.NotAfter) ?? throw new CryptographicException($"It has no valid certificate for '{options.Name}' with a private key.");
        digest.AppendData(certificate.RawData);
        return certificate;
    }

    private static X509Certificate2Collection Trusted(ClusterTlsOptions options, IncrementalHash digest)
    {
        var trusted = new X509Certificate2Collection();
        if (!ClusterTlsOptions.IsSet(options.TrustedCa))
        {
            return trusted;
        }

        foreach (var file in CaFiles(options.TrustedCa!))
        {
            trusted.ImportFromPem(Encoding.UTF8.GetString(Content(file, digest)));
        }

        return trusted.Count > 0 ? trusted : throw new CryptographicException($"{options.TrustedCa} contains no CA certificate.");
    }

    private static List<string> CaFiles(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        List<string> files = [.. Directory.EnumerateFiles(path).Where(f => Path.GetExtension(f) is ".crt" or ".pem").Order(StringComparer.Ordinal).Take(MaxCaFiles + 1)];
        return files.Count <= MaxCaFiles ? files : throw new IOException($"{path} contains more than {MaxCaFiles} CA files.");
    }

    private static byte[] Content(string file, IncrementalHash digest)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var content = new byte[MaxFileBytes + 1];
        var length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        if (length > MaxFileBytes)
        {
            throw new IOException($"{file} is larger than {MaxFileBytes / 1024 / 1024} MiB.");
        }

        digest.AppendData(BitConverter.GetBytes(length));
        digest.AppendData(content, 0, length);
        return content[..length];
    }

    private static bool IsPem(byte[] content) => content.AsSpan().IndexOf("-----BEGIN "u8) >= 0;

    private static string Where(ClusterTlsOptions options) => ClusterTlsOptions.IsSet(options.Store)
        ? $"The certificate of {ClusterTlsOptions.Section}:{nameof(ClusterTlsOptions.Store)} '{options.Store}'"
        : $"The certificate of {ClusterTlsOptions.Section}:{nameof(ClusterTlsOptions.CertificateFile)} '{options.CertificateFile}'";

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
