using EngageCenter.Portal.SignIn;

namespace EngageCenter.Portal;

/// <summary>Configuration section <c>Portal</c>.</summary>
public sealed class PortalOptions
{
    public const string Section = "Portal";

    /// <summary>Where it listens.</summary>
    public string Url { get; set; } = "http://localhost:8083";

    /// <summary>Where the web API is.</summary>
    public string ApiUrl { get; set; } = "http://localhost:8080";

    /// <summary>The scope of the API that people's tokens are asked for.</summary>
    public string Scope { get; set; } = "api://engage-center/access_as_user";

    /// <summary>Where people's sessions are kept.</summary>
    public PortalSessionOptions Sessions { get; set; } = new();

    /// <summary>
    /// The SHA-256 hash of the certificate of LocalEntra's https address, in hexadecimal, by which the portal trusts it.
    /// None by default; refused outside the environment <c>Development</c>.
    /// </summary>
    public string? LocalEntraThumbprint { get; set; }

    /// <summary>Where LocalEntra has its pages, if <c>AzureAd:Instance</c> is its https address.</summary>
    public string? LocalEntraUrl { get; set; }

    internal static PortalOptions Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var options = configuration.Read<PortalOptions>(Section);
        Settings.RequireAddresses($"{Section}:{nameof(Url)}", options.Url);
        Settings.RequireAddresses($"{Section}:{nameof(ApiUrl)}", options.ApiUrl);
        if (!Uri.TryCreate(options.ApiUrl, UriKind.Absolute, out _))
        {
            throw new SettingException($"{Section}:{nameof(ApiUrl)} is '{options.ApiUrl}'; it must be one address such as http://localhost:8080.");
        }

        if (string.IsNullOrWhiteSpace(options.Scope))
        {
            throw new SettingException($"{Section}:{nameof(Scope)} must not be empty.");
        }

        options.Sessions.Require();
        return options.LocalEntraThumbprint is null || environment.IsDevelopment()
            ? options
            : throw new SettingException($"{Section}:{nameof(LocalEntraThumbprint)} is for the environment Development only; this one is {environment.EnvironmentName}.");
    }
}
