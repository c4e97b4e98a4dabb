using System.Globalization;
using System.Net;
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

    /// <summary>What a page waits for one of its parts at most. 1 s to 1 min; default 15 s.</summary>
    public TimeSpan PartTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Where people's sessions are kept.</summary>
    public PortalSessionOptions Sessions { get; set; } = new();

    /// <summary>
    /// Addresses, or networks such as 10.0.0.0/8, of the proxies that end TLS before the portal. What one of them says of who
    /// asks and whether by https (<c>X-Forwarded-For</c>, <c>X-Forwarded-Proto</c>) is believed, and of nobody else.
    /// </summary>
    public IList<string> KnownProxies { get; } = [];

    /// <summary>Connections that are open at once; further ones are closed. Default 5,000.</summary>
    public int MaxConnections { get; set; } = 5_000;

    /// <summary>
    /// The part of <see cref="MaxConnections"/> that one address can have, of IPv6 its /64 network; further ones are closed
    /// unanswered. Addresses of <see cref="KnownProxies"/> have all of them. Default a quarter.
    /// </summary>
    public double AddressShare { get; set; } = 0.25;

    /// <summary>
    /// Connections that one address can open in a second; further ones are closed unanswered. Addresses of
    /// <see cref="KnownProxies"/> are not limited. Default 200.
    /// </summary>
    public int ConnectionsPerSecond { get; set; } = 200;

    /// <summary>How many of them at once, after a while without any. Default 1,000.</summary>
    public int ConnectionsAtOnce { get; set; } = 1_000;

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
