using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace EngageCenter;

/// <summary>
/// Configuration section <c>Clustering:Tls</c>, the same on silos and web nodes: the certificate that this process shows to
/// the others of its cluster, and whose certificates it takes. Empty: connections are in plain text, which a host outside
/// Development refuses unless they stay on loopback or <see cref="Required"/> says otherwise.
/// </summary>
public sealed class ClusterTlsOptions
{
    public const string Section = "Clustering:Tls";

    /// <summary>Certificates by thumbprint that are trusted at most.</summary>
    public const int MaxThumbprints = 20;

    /// <summary>
    /// A PEM file: the certificate, then those between it and the CA, and the key unless <see cref="KeyFile"/> has it. Or a
    /// PFX file with all of them.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>The PEM file with the private key.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Of the key, or of the PFX file, where it is encrypted.</summary>
    public string? Password { get; set; }

    /// <summary>
    /// The certificate store to take the certificate from, as <c>LocalMachine/My</c>: of those with a private key and
    /// <see cref="Name"/> that are valid now, the one that expires last. In place of <see cref="CertificateFile"/>.
    /// </summary>
    public string? Store { get; set; }

    /// <summary>
    /// The CAs whose certificates are taken: a PEM file, or a folder whose <c>*.crt</c> and <c>*.pem</c> files are read.
    /// Several while a CA is replaced. Either this or <see cref="Thumbprints"/>.
    /// </summary>
    public string? TrustedCa { get; set; }

    /// <summary>
    /// SHA-256 thumbprints, 64 hexadecimal digits each, of the certificates that are taken, whoever issued them. At most
    /// <see cref="MaxThumbprints"/>.
    /// </summary>
    public IList<string> Thumbprints { get; } = [];

    /// <summary>
    /// The DNS name that a certificate has to have among its subject alternative names to be of this cluster. It is a name
    /// for the cluster, the same for every member, and need not resolve. Wildcards do not count.
    /// </summary>
    public string Name { get; set; } = "engage-center";

    /// <summary>
    /// Whether a host refuses to start that would talk to others beyond loopback in plain text. True, save in the
    /// environment Development.
    /// </summary>
    public bool? Required { get; set; }

    /// <summary>
    /// How often the certificate and the CAs are read again; those that changed are used for new connections. Default 10 s,
    /// range 1 s to 1 h.
    /// </summary>
    public TimeSpan CheckEvery { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether connections of this cluster are by TLS.</summary>
    internal bool IsOn => IsSet(CertificateFile) || IsSet(Store);

    internal bool IsRequired(IHostEnvironment environment) => Required ?? !environment.IsDevelopment();

    /// <exception cref="SettingException">A setting is not usable; the message says which and why.</exception>
    internal static ClusterTlsOptions Read(IConfiguration configuration)
    {
        var options = configuration.Read<ClusterTlsOptions>(Section);
        if (options.WhyUnusable() is { } reason)
        {
            throw new SettingException(reason);
        }

        for (var n = 0; n < options.Thumbprints.Count; n++)
        {
            options.Thumbprints[n] = options.Thumbprints[n].ToUpperInvariant();
        }

        return options;
    }

    private string? WhyUnusable()
    {
        if (CheckEvery < TimeSpan.FromSeconds(1) || CheckEvery > TimeSpan.FromHours(1))
        {
            return $"{Section}:{nameof(CheckEvery)} is {CheckEvery}; it must be from 1 second to 1 hour.";
        }

        if (Uri.CheckHostName(Name) != UriHostNameType.Dns)
        {
            return $"{Section}:{nameof(Name)} is '{Name}'; it must be a DNS name.";
        }

        if (!IsOn)
        {
            // Half of the settings must not mean plain text.
            return IsSet(KeyFile) || IsSet(TrustedCa) || Thumbprints.Count > 0
                ? $"{Section} has no certificate: set {nameof(CertificateFile)} or {nameof(Store)}."
                : null;
        }

        if (IsSet(CertificateFile) && IsSet(Store))
        {
            return $"{Section} has both {nameof(CertificateFile)} and {nameof(Store)}; set one of them.";
        }

        if (IsSet(Store) && IsSet(KeyFile))
        {
            return $"{Section} has both {nameof(KeyFile)} and {nameof(Store)}; the store has the key.";
        }

        if (IsSet(TrustedCa) == Thumbprints.Count > 0)
        {
            return $"{Section} needs either {nameof(TrustedCa)} or {nameof(Thumbprints)}, to tell whose certificates are taken.";
        }

        if (Thumbprints.Count > MaxThumbprints)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Section}:{nameof(Thumbprints)} has {Thumbprints.Count} entries; the limit is {MaxThumbprints}.");
        }

        return Thumbprints.FirstOrDefault(t => t.Length != 64 || !t.All(char.IsAsciiHexDigit)) is { } bad
            ? $"{Section}:{nameof(Thumbprints)} has '{bad}', which is no SHA-256 thumbprint of 64 hexadecimal digits."
            : null;
    }

    internal static bool IsSet(string? setting) => !string.IsNullOrWhiteSpace(setting);
}
