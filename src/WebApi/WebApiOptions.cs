using System.Globalization;
using System.Net;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.WebApi;

/// <summary>The settings of the web API, from the configuration section <c>WebApi</c>.</summary>
public sealed class WebApiOptions
{
    public const string Section = "WebApi";

    /// <summary>
    /// The bytes that a connection buffers of received data that is not read yet, and likewise of sent data that the client
    /// has not read.
    /// </summary>
    public const int ConnectionBufferBytes = 32 * 1024;

    /// <summary>
    /// The maximum memory of a connection, in bytes: both buffers, each up to one block larger, and the connection's own
    /// objects.
    /// </summary>
    public const int ConnectionBytes = 2 * (ConnectionBufferBytes + (4 * 1024)) + (8 * 1024);

    /// <summary>
    /// The memory of a request that waits for a grain or for its client, in bytes: its token with 200 groups, headers and
    /// objects.
    /// </summary>
    public const int RequestBytes = 64 * 1024;

    /// <summary>The memory of a remembered token with 200 groups, in bytes.</summary>
    public const int RememberedTokenBytes = 5 * 1024;

    /// <summary>
    /// The maximum memory of a kept decision with 200 groups, in bytes. A remembered token shares its groups with the decision,
    /// and then it takes much less.
    /// </summary>
    public const int DecisionBytes = 5 * 1024;

    /// <summary>The maximum memory of one body while it is read, in bytes: 8 MiB of an assessment's results.</summary>
    public const int LargestBodyMemory = 24 * 1024 * 1024;

    /// <summary>The memory of the largest body that a person can send, in bytes: 1 MiB of JSON.</summary>
    public const int LargestPersonsBodyMemory = 5 * 1024 * 1024;

    /// <summary>The memory of an export, in bytes: one page of the list, and one row as text.</summary>
    public const int ExportBytes = 2 * 1024 * 1024;

    /// <summary>The maximum number of concurrent exports of one caller.</summary>
    public const int MaxExportsOfCaller = 4;

    /// <summary>The maximum number of concurrent streams of one caller.</summary>
    public const int MaxStreamsOfCaller = 10;

    public WebApiOptions()
        : this(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
    {
    }

    /// <summary>
    /// Sets defaults from the available memory: an eighth each for bodies, for requests and for bodies in transfer, a
    /// quarter for connections, and one thirty-second for exports.
    /// </summary>
    /// <param name="heapBytes">
    /// The maximum size of the managed heap; in a container three quarters of the container's limit.
    /// </param>
    public WebApiOptions(long heapBytes)
    {
        MaxBodyMemory = Math.Max(heapBytes / 8, LargestBodyMemory);
        MaxConnections = (int)Math.Clamp(heapBytes / 4 / ConnectionBytes, 200, 20_000);
        MaxRequests = (int)Math.Clamp(heapBytes / 8 / RequestBytes, 100, 5_000);
        MaxBodies = MaxRequests;
        MaxExports = (int)Math.Clamp(heapBytes / 32 / ExportBytes, 4, 100);
        MaxStreams = Math.Min(MaxConnections / 4, 2_000);
        RememberedTokens = new() { Max = (int)Math.Clamp(heapBytes / 16 / RememberedTokenBytes, 1_000, 100_000) };
        Decisions = new() { Max = (int)Math.Clamp(heapBytes / 16 / DecisionBytes, 1_000, 100_000) };
    }

    /// <summary>
    /// The address on which it listens. Port 0 selects a free port and requires an IP address, as in
    /// <c>http://127.0.0.1:0</c>.
    /// </summary>
    public string Url { get; set; } = "http://localhost:8080";

    /// <summary>
    /// The public address of the service, without query and fragment: https, or http on this machine. The addresses that the
    /// service publishes start with it (<c>/.well-known/authzen-configuration</c>). If it is not set, none are published.
    /// </summary>
    public string? PublicUrl { get; set; }

    /// <summary>
    /// The tolerated difference between the issuer's clock and ours; at most 5 minutes, as Entra ID recommends.
    /// </summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The tenants whose applications may use app roles. An administrator of any tenant can give an application there every
    /// app role of a multi-tenant API, so an app role counts only together with its tenant. If empty, no tenant is trusted,
    /// except in the environment Development, where every tenant is.
    /// </summary>
    public IList<Guid> ApplicationTenants { get; } = [];

    public RateLimitOptions RateLimit { get; set; } = new();

    public RememberedTokensOptions RememberedTokens { get; set; }

    public DecisionsOptions Decisions { get; set; }

    public RequestLogOptions RequestLog { get; set; } = new();

    /// <summary>
    /// Whether the OpenAPI document and the page that shows it are public. By default they are in the environment
    /// Development. If not, the document requires the token of a person, and the page is left out.
    /// </summary>
    public bool? AnonymousReference { get; set; }

    /// <summary>
    /// The origins whose pages may call the API from a browser, such as <c>https://portal.example</c>. Empty by default.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>
    /// The addresses or networks of the reverse proxies in front of the API. Their headers <c>X-Forwarded-For</c> and
    /// <c>X-Forwarded-Proto</c> are trusted; these headers are ignored from anyone else. Empty by default.
    /// </summary>
    public IList<string> KnownProxies { get; } = [];

    /// <summary>
    /// The maximum number of requests that a node processes at the same time; more are refused with 503 and
    /// <c>Retry-After</c>. A request may wait for a grain for up to 30 s, and without a limit the waiting requests could
    /// take all memory. A request that waits for its client to send more of a body does not count. Default: an eighth of the
    /// memory, with <see cref="RequestBytes"/> for each request; 100 to 5,000.
    /// </summary>
    public int MaxRequests { get; set; }

    /// <summary>
    /// The maximum number of bodies for which a node waits at the same time; more are refused with 503 and
    /// <c>Retry-After</c>. A body that has already arrived when it is read does not count. Default:
    /// <see cref="MaxRequests"/>.
    /// </summary>
    public int MaxBodies { get; set; }

    /// <summary>
    /// The maximum memory for all bodies that a node reads at the same time, in bytes. Received bytes count, not the
    /// announced length. A body that needs more waits up to 10 s and is then refused with 503 and <c>Retry-After</c>.
    /// Default: an eighth of the memory, at least <see cref="LargestBodyMemory"/>.
    /// </summary>
    public long MaxBodyMemory { get; set; }

    /// <summary>
    /// The maximum number of CSV exports that a node writes at the same time, each until its client has read all of it; more
    /// are refused with 503 and <c>Retry-After</c>. Default: one thirty-second of the memory, with <see cref="ExportBytes"/>
    /// for each export; 4 to 100.
    /// </summary>
    public int MaxExports { get; set; }

    /// <summary>
    /// The maximum number of audit trail streams on a node; more are refused with 503 and <c>Retry-After</c>. A stream holds
    /// a connection, but no place among <see cref="MaxRequests"/>. Never more than half of <see cref="MaxConnections"/>,
    /// whatever the setting; default: a quarter of them, at most 2,000.
    /// </summary>
    public int MaxStreams { get; set; }

    /// <summary>
    /// Has no effect: <see cref="MaxBodyMemory"/> limits the memory of large bodies. Still accepted, so that a host that
    /// sets it starts.
    /// </summary>
    public int MaxLargeBodies { get; set; }

    /// <summary>
    /// The part of <see cref="MaxRequests"/>, <see cref="MaxBodies"/>, <see cref="MaxBodyMemory"/>, <see cref="MaxExports"/>
    /// and <see cref="MaxStreams"/> that one caller can use; a caller is a person, an application, or an address without a
    /// token. A caller can have at most <see cref="MaxExportsOfCaller"/> exports and <see cref="MaxStreamsOfCaller"/>
    /// streams. More is refused with 429 and <c>Retry-After</c>. Default: a quarter.
    /// </summary>
    public double CallerShare { get; set; } = 0.25;

    /// <summary>
    /// The maximum number of concurrent requests of one caller that go through many items: searches, filtered lists, lists
    /// of people and recommendations, support insights, home pages. More are refused with 429 and <c>Retry-After</c>. At
    /// least 1; default: 4.
    /// </summary>
    public int CallerScans { get; set; } = 4;

    /// <summary>
    /// The part that all callers of one tenant can use together. More is refused with 503 and <c>Retry-After</c>. Default: a
    /// half; use 1 if everybody is in the same tenant.
    /// </summary>
    public double TenantShare { get; set; } = 0.5;

    /// <summary>
    /// The part that all strangers can use together, whatever the number of their tenants. Strangers are persons in tenants
    /// that are not allowed, applications in tenants that are not trusted, and callers without a token. More is refused with
    /// 503 and <c>Retry-After</c>. Default: an eighth.
    /// </summary>
    public double StrangersShare { get; set; } = 0.125;

    /// <summary>
    /// The maximum number of open connections of a node; further connections are closed without a response. It is greater
    /// than <see cref="MaxRequests"/>, so that refused clients learn the reason, and health probes get through. Default: a
    /// quarter of the memory, with <see cref="ConnectionBytes"/> for each connection; 200 to 20,000.
    /// </summary>
    public int MaxConnections { get; set; }

    /// <summary>
    /// The part of <see cref="MaxConnections"/> that one address (for IPv6, one /64 network) can have; further connections
    /// are closed without a response. Addresses of <see cref="KnownProxies"/> are not limited. Default: a quarter.
    /// </summary>
    public double AddressShare { get; set; } = 0.25;

    /// <summary>
    /// The gateways of the silos, as <c>address:port</c> separated by commas, for a cluster without a membership provider.
    /// If empty, port 30000 of this machine.
    /// </summary>
    public string Gateways { get; set; } = "";

    internal static WebApiOptions Read(IConfiguration configuration)
    {
        var options = configuration.Read<WebApiOptions>(Section);
        Settings.RequireAddresses($"{Section}:Url", options.Url);
        if (options.PublicUrl is { } publicUrl && !IsPublic(publicUrl))
        {
            throw new SettingException($"{Section}:PublicUrl is '{publicUrl}'; it must be an https address such as https://engage.example, without a query or a fragment.");
        }

        if (options.ClockSkew < TimeSpan.Zero || options.ClockSkew > SignIn.MaxClockSkew)
        {
            throw new SettingException($"{Section}:ClockSkew is {options.ClockSkew}; it must be from 0 to 5 minutes.");
        }

        if (options.RateLimit.PermitLimit < 1 || options.RateLimit.Burst < options.RateLimit.PermitLimit)
        {
            throw new SettingException($"{Section}:RateLimit needs a PermitLimit of at least 1, and a Burst that is not less than PermitLimit.");
        }

        if (options.RateLimit.ConnectionsPerSecond < 1 || options.RateLimit.ConnectionsAtOnce < options.RateLimit.ConnectionsPerSecond)
        {
            throw new SettingException($"{Section}:RateLimit needs a ConnectionsPerSecond of at least 1, and a ConnectionsAtOnce that is not less than ConnectionsPerSecond.");
        }

        if (options.RateLimit.ItemsPerSecond < 1 || options.RateLimit.ItemsAtOnce < Math.Max(PageRequest.MaxSize, options.RateLimit.ItemsPerSecond))
        {
            throw new SettingException(
                $"{Section}:RateLimit needs an ItemsPerSecond of at least 1, and an ItemsAtOnce that is not less than ItemsPerSecond and {PageRequest.MaxSize}.");
        }

        if (options.RateLimit.FailuresPerMinute < 1 || options.RateLimit.AnonymousPerSecond < 1)
        {
            throw new SettingException($"{Section}:RateLimit needs a FailuresPerMinute and an AnonymousPerSecond of at least 1.");
        }

        if (options.RequestLog.Every < 0 || options.RequestLog.Slow < TimeSpan.FromMilliseconds(1))
        {
            throw new SettingException($"{Section}:RequestLog needs an Every of at least 0, and a Slow of at least 1 ms.");
        }

        if (options.RememberedTokens.Max is < 2 or > 1_000_000)
        {
            throw new SettingException($"{Section}:RememberedTokens:Max is {options.RememberedTokens.Max}; it must be from 2 to 1000000.");
        }

        if (options.Decisions.Max is not 0 and (< 2 or > 1_000_000))
        {
            throw new SettingException($"{Section}:Decisions:Max is {options.Decisions.Max}; it must be 0, or from 2 to 1000000.");
        }

        if (options.MaxRequests < 1 || options.MaxConnections <= options.MaxRequests)
        {
            throw new SettingException($"{Section} needs a MaxRequests of at least 1, and a MaxConnections that is greater than MaxRequests.");
        }

        if (options.MaxBodies < 1)
        {
            throw new SettingException($"{Section}:MaxBodies is {options.MaxBodies}; it must be at least 1.");
        }

        if (options.CallerScans < 1)
        {
            throw new SettingException($"{Section}:CallerScans is {options.CallerScans}; it must be at least 1.");
        }

        if (options.MaxBodyMemory < LargestBodyMemory)
        {
            throw new SettingException($"{Section}:MaxBodyMemory is {options.MaxBodyMemory}; it must be at least {LargestBodyMemory}, for one body of the largest kind.");
        }

        if (options.MaxExports < 1)
        {
            throw new SettingException($"{Section}:MaxExports is {options.MaxExports}; it must be at least 1.");
        }

        if (options.MaxStreams < 1)
        {
            throw new SettingException($"{Section}:MaxStreams is {options.MaxStreams}; it must be at least 1.");
        }

        if (!(options.StrangersShare > 0 && options.StrangersShare <= 1))
        {
            throw new SettingException($"{Section}:StrangersShare must be greater than 0 and at most 1.");
        }

        if (!(options.CallerShare > 0 && options.CallerShare <= options.TenantShare && options.TenantShare <= 1))
        {
            throw new SettingException($"{Section} needs a CallerShare greater than 0, and a TenantShare that is not less than CallerShare and at most 1.");
        }

        if (!(options.AddressShare > 0 && options.AddressShare <= 1))
        {
            throw new SettingException($"{Section}:AddressShare is {options.AddressShare.ToString(CultureInfo.InvariantCulture)}; it must be greater than 0 and at most 1.");
        }

        return options;
    }

    internal IReadOnlyList<IPNetwork> Proxies() => EngageCenter.KnownProxies.Read($"{Section}:{nameof(KnownProxies)}", KnownProxies);

    internal ConnectionLimits Connections() => new(MaxConnections, AddressShare, RateLimit.ConnectionsPerSecond, RateLimit.ConnectionsAtOnce, Proxies());

    private static bool IsPublic(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        && address is { Host.Length: > 0, UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 }
        && !url.AsSpan().ContainsAny('?', '#');
}

/// <summary>Says which requests are logged, at level Information. Metrics cover all requests.</summary>
public sealed class RequestLogOptions
{
    /// <summary>
    /// Logs one of this many requests: 1 logs each request, 0 none. Slow requests, and requests that fail with a 5xx status,
    /// are always logged. Default: 0.
    /// </summary>
    public int Every { get; set; }

    /// <summary>A request is slow from this duration on. At least 1 ms; default: 1 s.</summary>
    public TimeSpan Slow { get; set; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Settings for tokens that a web node has validated and accepts again without validation while nothing has changed.
/// </summary>
public sealed class RememberedTokensOptions
{
    /// <summary>Whether tokens are remembered. If false, the token of every request is validated in full.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// The maximum number of remembered tokens, 2 to 1,000,000. Default: 100,000, or as many as fit into a sixteenth of the
    /// memory with <see cref="WebApiOptions.RememberedTokenBytes"/> each, but at least 1,000.
    /// </summary>
    public int Max { get; set; } = 100_000;
}

/// <summary>
/// Settings for decisions about persons' rights that a web node may use again without asking the person's grain; see
/// docs/understand/coherence.md.
/// </summary>
public sealed class DecisionsOptions
{
    /// <summary>
    /// The maximum number of stored decisions, 2 to 1,000,000: one for each person and workspace, each with its sign-in. By
    /// default what a sixteenth of the memory holds at <see cref="WebApiOptions.DecisionBytes"/> each, 1,000 to 100,000. With 0
    /// none is stored and every check asks the person's grain. Silos lend decisions unless <c>Access:LendsDecisions</c> is false.
    /// </summary>
    public int Max { get; set; } = 100_000;
}

/// <summary>
/// Limits how much one caller may ask of one web node. It protects callers from each other and is not a quota.
/// </summary>
public sealed class RateLimitOptions
{
    /// <summary>The average number of requests per second.</summary>
    public int PermitLimit { get; set; } = 2_000;

    /// <summary>The number of requests that may come at once after a pause.</summary>
    public int Burst { get; set; } = 10_000;

    /// <summary>
    /// The average number of connections per second that one address (for IPv6, one /64 network) can open; further ones are
    /// closed without a response. Addresses of <see cref="WebApiOptions.KnownProxies"/> are not limited. Default: 200. At
    /// 400 a second other clients of the node notice nothing, and 5,000 people behind one address need less even if all come
    /// in one minute.
    /// </summary>
    public int ConnectionsPerSecond { get; set; } = 200;

    /// <summary>
    /// The number of connections that may come at once after a pause. Default: 1,000, because a gateway that starts opens
    /// its pool at once.
    /// </summary>
    public int ConnectionsAtOnce { get; set; } = 1_000;

    /// <summary>
    /// The average number of items per second that a caller's pages may request by their <c>pageSize</c>; faster requests
    /// wait. Default: 10,000, which is 20 of the largest pages or 200 of the default size. A largest page takes some
    /// milliseconds of a processor, on the node and on a silo, and one caller should use only a small part of them.
    /// </summary>
    public int ItemsPerSecond { get; set; } = 10_000;

    /// <summary>
    /// The number of items that may be requested at once after a pause; at least one page of the largest size. Default:
    /// 20,000.
    /// </summary>
    public int ItemsAtOnce { get; set; } = 20_000;

    /// <summary>
    /// The maximum number of requests per minute from one address (for IPv6, one /64 network) whose token is not valid.
    /// Beyond it, only tokens that were found valid here before are accepted, so that other callers behind the address are
    /// still served. Default: 3,000, because thousands of people behind one address fail less often.
    /// </summary>
    public int FailuresPerMinute { get; set; } = 3_000;

    /// <summary>
    /// The number of requests per second of all callers without a token together; five times as many may come at once.
    /// Default: 20.
    /// </summary>
    public int AnonymousPerSecond { get; set; } = 20;
}
