using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace EngageCenter;

/// <summary>
/// The configuration section <c>Clustering:Tls</c>, the same for silos and web nodes: the certificate that this process
/// shows to other members of its cluster, and which certificates it accepts. If it is empty, connections are in plain text,
/// which a host outside Development refuses unless it uses only loopback or <see cref="Required"/> is false.
/// </summary>
public sealed class ClusterTlsOptions
{
    public const string Section = "Clustering:Tls";

    /// <summary>The maximum number of trusted thumbprints.</summary>
    public const int MaxThumbprints = 20;

    /// <summary>
    /// A PEM file with the certificate, then its intermediate certificates, and the key unless it is in
    /// <see cref="KeyFile"/>. Or a PFX file with all of them.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>The PEM file with the private key.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The password of the key or of the PFX file, if it is encrypted.</summary>
    public string? Password { get; set; }

    /// <summary>
    /// The certificate store to use instead of <see cref="CertificateFile"/>, such as <c>LocalMachine/My</c>. Of the valid
    /// certificates with a private key and with <see cref="Name"/>, the one that expires last is used.
    /// </summary>
    public string? Store { get; set; }

    /// <summary>
    /// The CAs whose certificates are accepted: a PEM file, or a folder whose <c>*.crt</c> and <c>*.pem</c> files are read.
    /// There may be several while a CA is replaced. Set either this or <see cref="Thumbprints"/>.
    /// </summary>
    public string? TrustedCa { get; set; }

    /// <summary>
    /// The SHA-256 thumbprints (64 hexadecimal digits each) of the certificates that are accepted, whoever issued them. At
    /// most <see cref="MaxThumbprints"/>.
    /// </summary>
    public IList<string> Thumbprints { get; } = [];

    /// <summary>
    /// The DNS name that the subject alternative names of a certificate of this cluster must contain. It names the cluster,
    /// is the same for every member, and need not resolve. Wildcards do not match.
    /// </summary>
    public string Name { get; set; } = "engage-center";

    /// <summary>
    /// Whether a host refuses to start if it would communicate beyond loopback in plain text. Default: true, except in the
    /// environment Development.
    /// </summary>
    public bool? Required { get; set; }

    /// <summary>
    /// How often the certificate and the CAs are read again. New connections use what has changed. Default: 10 s, range 1 s
    /// to 1 h.
    /// </summary>
    public TimeSpan CheckEvery { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether connections of this cluster use TLS.</summary>
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
            // Incomplete settings must not mean plain text.
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
            return $"{Section} has both {nameof(KeyFile)} and {nameof(Store)}; remove KeyFile, because the store contains the key.";
        }

        if (IsSet(TrustedCa) == Thumbprints.Count > 0)
        {
            return $"{Section} needs either {nameof(TrustedCa)} or {nameof(Thumbprints)}, to say which certificates are accepted.";
        }

        if (Thumbprints.Count > MaxThumbprints)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Section}:{nameof(Thumbprints)} has {Thumbprints.Count} entries; the limit is {MaxThumbprints}.");
        }

        return Thumbprints.FirstOrDefault(t => t.Length != 64 || !t.All(char.IsAsciiHexDigit)) is { } bad
            ? $"{Section}:{nameof(Thumbprints)} contains '{bad}', which is not a SHA-256 thumbprint of 64 hexadecimal digits."
            : null;
    }

    internal static bool IsSet(string? setting) => !string.IsNullOrWhiteSpace(setting);
}
