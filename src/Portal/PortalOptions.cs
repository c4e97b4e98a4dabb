using System.Globalization;
using System.Net;
using EngageCenter.Portal.SignIn;

namespace EngageCenter.Portal;

/// <summary>Configuration section <c>Portal</c>.</summary>
public sealed class PortalOptions
{
    public const string Section = "Portal";

    /// <summary>The address that the portal listens on.</summary>
    public string Url { get; set; } = "http://localhost:8083";

    /// <summary>The address of the web API.</summary>
    public string ApiUrl { get; set; } = "http://localhost:8080";

    /// <summary>The scope of the API that the portal requests tokens for.</summary>
    public string Scope { get; set; } = "api://engage-center/access_as_user";

    /// <summary>The longest that a page waits for one of its parts. 1 s to 1 min; default 15 s.</summary>
    public TimeSpan PartTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Where people's sessions are kept.</summary>
    public PortalSessionOptions Sessions { get; set; } = new();

    /// <summary>
    /// Addresses, or networks such as 10.0.0.0/8, of the proxies that end TLS before the portal. Only their headers
    /// <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed.
    /// </summary>
    public IList<string> KnownProxies { get; } = [];

    /// <summary>The most connections that are open at the same time; further ones are closed. Default 5,000.</summary>
    public int MaxConnections { get; set; } = 5_000;

    /// <summary>
    /// The part of <see cref="MaxConnections"/> that one address can have; for IPv6, one /64 network. Further connections are closed
    /// unanswered. Addresses of <see cref="KnownProxies"/> may have all of them. Default a quarter.
    /// </summary>
    public double AddressShare { get; set; } = 0.25;

    /// <summary>
    /// How many connections one address can open per second; further ones are closed unanswered. Addresses of
    /// <see cref="KnownProxies"/> are not limited. Default 200.
    /// </summary>
    public int ConnectionsPerSecond { get; set; } = 200;

    /// <summary>How many connections an address can open at once after a pause. Default 1,000.</summary>
    public int ConnectionsAtOnce { get; set; } = 1_000;

    /// <summary>
    /// The SHA-256 hash of the certificate of LocalEntra's https address, in hexadecimal. The portal trusts this certificate. None by
    /// default; allowed only in the environment <c>Development</c>.
    /// </summary>
    public string? LocalEntraThumbprint { get; set; }

    /// <summary>The address of LocalEntra's pages, if <c>AzureAd:Instance</c> is its https address.</summary>
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

        if (options.PartTimeout < TimeSpan.FromSeconds(1) || options.PartTimeout > TimeSpan.FromMinutes(1))
        {
            throw new SettingException($"{Section}:{nameof(PartTimeout)} is {options.PartTimeout}; it must be from 1 s to 1 min.");
        }

        if (options.MaxConnections < 1)
        {
            throw new SettingException($"{Section}:{nameof(MaxConnections)} is {options.MaxConnections}; it must be at least 1.");
        }

        if (!(options.AddressShare > 0 && options.AddressShare <= 1))
        {
            throw new SettingException($"{Section}:{nameof(AddressShare)} is {options.AddressShare.ToString(CultureInfo.InvariantCulture)}; it must be above 0, and at most 1.");
        }

        if (options.ConnectionsPerSecond < 1 || options.ConnectionsAtOnce < options.ConnectionsPerSecond)
        {
            throw new SettingException($"{Section} needs a {nameof(ConnectionsPerSecond)} of at least 1, and a {nameof(ConnectionsAtOnce)} of at least as many.");
        }

        _ = options.Proxies();
        options.Sessions.Require();
        return options.LocalEntraThumbprint is null || environment.IsDevelopment()
            ? options
            : throw new SettingException($"{Section}:{nameof(LocalEntraThumbprint)} is for the environment Development only; this one is {environment.EnvironmentName}.");
    }

    internal IReadOnlyList<IPNetwork> Proxies() => EngageCenter.KnownProxies.Read($"{Section}:{nameof(KnownProxies)}", KnownProxies);

    internal ConnectionLimits Connections() => new(MaxConnections, AddressShare, ConnectionsPerSecond, ConnectionsAtOnce, Proxies());
}
