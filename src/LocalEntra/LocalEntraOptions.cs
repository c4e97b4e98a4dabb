namespace EngageCenter.LocalEntra;

/// <summary>What LocalEntra can be told, in the configuration section <c>LocalEntra</c>. Paths are relative to the working directory.</summary>
public sealed class LocalEntraOptions
{
    public const string Section = "LocalEntra";

    /// <summary>The client id of the API's app registration in every directory that does not say otherwise.</summary>
    public const string DefaultApiClientId = "e0000000-0000-4000-8000-000000000001";

    public const string DefaultApiIdUri = "api://engage-center";

    /// <summary>Where it listens: http, on localhost, in 127.0.0.0/8 or on ::1; anything else is refused at start.
    /// Port 0 takes a free port and needs an address, as in <c>http://127.0.0.1:0</c>.</summary>
    public string Url { get; set; } = "http://localhost:8081";

    /// <summary>The tenants, people, groups and applications, as a JSON file. Either this or <see cref="DirectoryJson"/> is required.</summary>
    public string? DirectoryFile { get; set; }

    /// <summary>The same as text, for a host that has its directory at hand rather than in a file.</summary>
    public string? DirectoryJson { get; set; }

    /// <summary>Where the RSA key that signs is kept, in PEM, so that tokens survive a restart. Created, readable by its owner alone, if it is absent.
    /// Empty: the key lives only as long as the process.</summary>
    public string KeyFile { get; set; } = ".data/local-entra-key.pem";

    /// <summary>Where it listens with https as well, on the same hosts as <see cref="Url"/>; none by default. MSAL takes nothing else.</summary>
    public string? HttpsUrl { get; set; }

    /// <summary>Where the certificate of <see cref="HttpsUrl"/> and its key are kept, in PEM, so that its thumbprint survives a restart.
    /// Created, readable by its owner alone, if it is absent; replaced at a start within 30 days of its end. Empty: it lives only as long as the process.</summary>
    public string CertificateFile { get; set; } = ".data/local-entra-https.pem";

    /// <summary>The API's client id, a GUID: the audience of its v2.0 tokens.</summary>
    public string ApiClientId { get; set; } = DefaultApiClientId;

    /// <summary>The API's client secret, for its own tokens, in every directory, whatever the file says of it. None: the API is an application only where the file names it.</summary>
    public string? ApiClientSecret { get; set; }

    /// <summary>The API's application id URI, which its scopes begin with.</summary>
    public string ApiIdUri { get; set; } = DefaultApiIdUri;

    /// <summary>How long a token is valid, 1 second to 24 hours, in whole seconds.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <exception cref="LocalEntraConfigurationException">A value is missing, malformed or out of range.</exception>
    internal static LocalEntraOptions Read(IConfiguration configuration)
    {
        var options = Bind(configuration);

        if (string.IsNullOrWhiteSpace(options.DirectoryFile) && string.IsNullOrWhiteSpace(options.DirectoryJson))
        {
            throw Refusal(nameof(DirectoryFile), "is required: the path of the JSON file that holds the tenants");
        }

        if (!string.IsNullOrWhiteSpace(options.DirectoryFile) && !string.IsNullOrWhiteSpace(options.DirectoryJson))
        {
            throw Refusal(nameof(DirectoryFile), $"and {Section}:{nameof(DirectoryJson)} exclude each other");
        }

        if (!Guid.TryParseExact(options.ApiClientId, "D", out var apiClientId))
        {
            throw Refusal(nameof(ApiClientId), $"is '{options.ApiClientId}', which is no GUID");
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
