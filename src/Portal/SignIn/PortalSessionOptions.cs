namespace EngageCenter.Portal.SignIn;

/// <summary>Configuration section <c>Portal:Sessions</c>.</summary>
public sealed class PortalSessionOptions
{
    private const string Section = $"{PortalOptions.Section}:Sessions";

    /// <summary>
    /// The connection string of the Redis in which all nodes of a portal keep sessions. Without one, sessions are in the memory of
    /// one process and end with it.
    /// </summary>
    public string? Redis { get; set; }

    /// <summary>The PEM file of the RSA certificate that protects the keys in Redis; the same for all nodes. Required with <see cref="Redis"/>.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>The PEM file of its private key.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The previous certificate. It is needed for 90 days after it was replaced, while keys that it protects are in use.</summary>
    public string? PreviousCertificateFile { get; set; }

    /// <summary>The PEM file of its private key.</summary>
    public string? PreviousKeyFile { get; set; }

    internal void Require()
    {
        if (Redis is not null && (CertificateFile is null || KeyFile is null))
        {
            throw new SettingException($"{Section}:{nameof(CertificateFile)} and {Section}:{nameof(KeyFile)} must name the certificate that protects the keys in Redis, and its key.");
        }

        if (Redis is null && (CertificateFile ?? KeyFile ?? PreviousCertificateFile ?? PreviousKeyFile) is not null)
        {
            throw new SettingException($"{Section}:{nameof(Redis)} must be set if a certificate is set. Without Redis there is nothing to protect.");
        }

        if (PreviousCertificateFile is null != PreviousKeyFile is null)
        {
            throw new SettingException($"{Section}:{nameof(PreviousCertificateFile)} and {Section}:{nameof(PreviousKeyFile)} must be set together, or neither.");
        }
    }
}
