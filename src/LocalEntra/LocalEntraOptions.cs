namespace EngageCenter.LocalEntra;

/// <summary>
/// The settings of LocalEntra, from the configuration section <c>LocalEntra</c>. Paths are relative to the working
/// directory.
/// </summary>
public sealed class LocalEntraOptions
{
    public const string Section = "LocalEntra";

    /// <summary>The default client id of the API's app registration, in every directory.</summary>
    public const string DefaultApiClientId = "e0000000-0000-4000-8000-000000000001";

    public const string DefaultApiIdUri = "api://engage-center";

    /// <summary>
    /// The address on which it listens: http, on localhost, in 127.0.0.0/8 or on ::1; others are refused at start. Port 0
    /// selects a free port and requires an IP address, as in <c>http://127.0.0.1:0</c>.
    /// </summary>
    public string Url { get; set; } = "http://localhost:8081";

    /// <summary>
    /// The JSON file with the tenants, people, groups and applications. Either this or <see cref="DirectoryJson"/> is
    /// required.
    /// </summary>
    public string? DirectoryFile { get; set; }

    /// <summary>The same content as text, for a host that has no file.</summary>
    public string? DirectoryJson { get; set; }

    /// <summary>
    /// The PEM file of the RSA key that signs tokens, so that tokens stay valid after a restart. Created if absent, readable
    /// only by its owner. If empty, the key exists only as long as the process.
    /// </summary>
    public string KeyFile { get; set; } = ".data/local-entra-key.pem";

    /// <summary>
    /// An additional https address, on the same hosts as <see cref="Url"/>; none by default. MSAL accepts nothing else.
    /// </summary>
    public string? HttpsUrl { get; set; }

    /// <summary>
    /// The PEM file of the certificate of <see cref="HttpsUrl"/> and its key, so that the thumbprint stays the same after a
    /// restart. Created if absent, readable only by its owner; replaced at a start within 30 days of its expiry. If empty,
    /// the certificate exists only as long as the process.
    /// </summary>
    public string CertificateFile { get; set; } = ".data/local-entra-https.pem";

    /// <summary>The API's client id, a GUID: the audience of its v2.0 tokens.</summary>
    public string ApiClientId { get; set; } = DefaultApiClientId;

    /// <summary>
    /// The API's client secret, with which it gets tokens of its own, in every directory. It takes precedence over the file.
    /// Without it, the API is an application only if the file lists it.
    /// </summary>
    public string? ApiClientSecret { get; set; }

    /// <summary>The API's application id URI, with which its scopes start.</summary>
    public string ApiIdUri { get; set; } = DefaultApiIdUri;

    /// <summary>How long a token is valid: 1 second to 24 hours, in whole seconds.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <exception cref="LocalEntraConfigurationException">A value is missing, malformed or out of range.</exception>
    internal static LocalEntraOptions Read(IConfiguration configuration)
    {
        var options = Bind(configuration);

        if (string.IsNullOrWhiteSpace(options.DirectoryFile) && string.IsNullOrWhiteSpace(options.DirectoryJson))
        {
            throw Refusal(nameof(DirectoryFile), "is required; set it to the path of the JSON file that contains the tenants");
        }

        if (!string.IsNullOrWhiteSpace(options.DirectoryFile) && !string.IsNullOrWhiteSpace(options.DirectoryJson))
        {
            throw Refusal(nameof(DirectoryFile), $"and {Section}:{nameof(DirectoryJson)} are both set; set only one of them");
        }

        if (!Guid.TryParseExact(options.ApiClientId, "D", out var apiClientId))
        {
            throw Refusal(nameof(ApiClientId), $"is '{options.ApiClientId}', which is not a GUID");
        }

        options.ApiClientId = apiClientId.ToString();

        if (string.IsNullOrWhiteSpace(options.ApiIdUri) || options.ApiIdUri.Any(char.IsWhiteSpace))
        {
            throw Refusal(nameof(ApiIdUri), $"is '{options.ApiIdUri}'; it must be a URI such as {DefaultApiIdUri}");
        }

        options.ApiIdUri = options.ApiIdUri.TrimEnd('/');

        if (options.TokenLifetime < TimeSpan.FromSeconds(1) || options.TokenLifetime > TimeSpan.FromHours(24))
        {
            throw Refusal(nameof(TokenLifetime), $"is {options.TokenLifetime}; it must be from 1 second to 24 hours");
        }

        return options;
    }

    internal static LocalEntraConfigurationException Refusal(string key, string why) => new($"{Section}:{key} {why}.");

    private static LocalEntraOptions Bind(IConfiguration configuration)
    {
        try
        {
            return configuration.GetSection(Section).Get<LocalEntraOptions>() ?? new();
        }
        catch (InvalidOperationException malformed)
        {
            throw new LocalEntraConfigurationException(malformed.Message, malformed);
        }
    }
}
