namespace EngageCenter.WebApi;

/// <summary>What the web API can be told, in the configuration section <c>WebApi</c>.</summary>
public sealed class WebApiOptions
{
    public const string Section = "WebApi";

    /// <summary>Where it listens. Port 0 takes a free port and needs an address, as in <c>http://127.0.0.1:0</c>.</summary>
    public string Url { get; set; } = "http://localhost:8080";

    /// <summary>By how much the issuer's clock may differ from ours; at most 5 minutes, which is Entra ID's own advice.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The tenants whose applications may use an app role. Whoever administers a tenant can give an application there
    /// any app role of a multi-tenant API, so a role says nothing without the tenant. Empty: none, save in the
    /// environment Development, where it is every tenant.
    /// </summary>
    public IList<Guid> ApplicationTenants { get; } = [];

    public RateLimitOptions RateLimit { get; set; } = new();

    /// <summary>
    /// Whether the OpenAPI document and the page over it are for everybody. Without a value they are in the environment
    /// Development; elsewhere the document takes the token of a person, and there is no page.
    /// </summary>
    public bool? AnonymousReference { get; set; }

    /// <summary>
    /// Requests that a node answers at the same time; more are refused with 503 and <c>Retry-After</c>. Each may wait
    /// for a grain for as long as 30 s, and without a bound those that wait would take the memory of those that go on.
    /// Default 5,000.
    /// </summary>
    public int MaxRequests { get; set; } = 5_000;

    /// <summary>
    /// Bodies beyond 1 MiB that a node holds at the same time; more wait for 10 s, and are then refused with 503 and
    /// <c>Retry-After</c>. Each takes up to 40 MB. Default 8.
    /// </summary>
    public int MaxLargeBodies { get; set; } = 8;

    /// <summary>
    /// Open connections of a node; further ones are closed unanswered. Above <see cref="MaxRequests"/>, so that whoever
    /// is refused learns why, and probes get through. Default 20,000.
    /// </summary>
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>
    /// The silos' gateways, as <c>address:port</c> separated by commas, for a cluster without a membership provider.
    /// Empty: the one on this machine's port 30000.
    /// </summary>
    public string Gateways { get; set; } = "";

    internal static WebApiOptions Read(IConfiguration configuration)
    {
        var options = configuration.Read<WebApiOptions>(Section);
        Settings.RequireAddresses($"{Section}:Url", options.Url);
        if (options.ClockSkew < TimeSpan.Zero || options.ClockSkew > TimeSpan.FromMinutes(5))
        {
            throw new SettingException($"{Section}:ClockSkew is {options.ClockSkew}; it must be from 0 to 5 minutes.");
        }

        if (options.RateLimit.PermitLimit < 1 || options.RateLimit.Burst < options.RateLimit.PermitLimit)
        {
            throw new SettingException($"{Section}:RateLimit needs a PermitLimit of at least 1, and a Burst of at least as many.");
        }

        if (options.RateLimit.FailuresPerMinute < 1 || options.RateLimit.AnonymousPerSecond < 1)
        {
            throw new SettingException($"{Section}:RateLimit needs a FailuresPerMinute and an AnonymousPerSecond of at least 1.");
        }

        if (options.MaxLargeBodies < 1)
        {
            throw new SettingException($"{Section}:MaxLargeBodies is {options.MaxLargeBodies}; it must be at least 1.");
        }

        if (options.MaxRequests < 1 || options.MaxConnections <= options.MaxRequests)
        {
            throw new SettingException($"{Section} needs a MaxRequests of at least 1, and more MaxConnections than that.");
        }

        return options;
    }
}

/// <summary>How much one caller may ask of one web node. It keeps callers from each other's way; it is no quota.</summary>
public sealed class RateLimitOptions
{
    /// <summary>Requests per second in the long run.</summary>
    public int PermitLimit { get; set; } = 2_000;

    /// <summary>Requests at once after a pause.</summary>
    public int Burst { get; set; } = 10_000;

    /// <summary>
    /// Requests of one address (of IPv6, one /64 network) in a minute whose token is missing or not valid. Beyond it
    /// only tokens that were found valid here lately are looked at, so that others behind the address go on. Default
    /// 3,000: thousands of people behind one address fail less often.
    /// </summary>
    public int FailuresPerMinute { get; set; } = 3_000;

    /// <summary>Requests per second of all who need no token, together; five times as many at once. Default 20.</summary>
    public int AnonymousPerSecond { get; set; } = 20;
}
