using System.Globalization;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.WebApi;

/// <summary>What the web API can be told, in the configuration section <c>WebApi</c>.</summary>
public sealed class WebApiOptions
{
    public const string Section = "WebApi";

    /// <summary>Bytes that a connection holds of what came and nobody has read yet, and as many of what the client has not taken yet.</summary>
    public const int ConnectionBufferBytes = 32 * 1024;

    /// <summary>What a connection takes at most: both buffers, each up to a block more, and its own objects.</summary>
    public const int ConnectionBytes = 2 * (ConnectionBufferBytes + (4 * 1024)) + (8 * 1024);

    /// <summary>What a request takes that waits for a grain or for its client: its token with 200 groups, headers and objects.</summary>
    public const int RequestBytes = 64 * 1024;

    /// <summary>What a remembered token takes of somebody with 200 groups.</summary>
    public const int RememberedTokenBytes = 5 * 1024;

    /// <summary>What one body can take at most while it is read: 8 MiB of an assessment's results.</summary>
    public const int LargestBodyMemory = 24 * 1024 * 1024;

    /// <summary>What the largest body of a person can take, 1 MiB of JSON.</summary>
    public const int LargestPersonsBodyMemory = 5 * 1024 * 1024;

    /// <summary>What an export takes: one page of the list, and a row of it as text.</summary>
    public const int ExportBytes = 2 * 1024 * 1024;

    /// <summary>Exports of one caller at the same time.</summary>
    public const int MaxExportsOfCaller = 4;

    /// <summary>Streams of one caller at the same time.</summary>
    public const int MaxStreamsOfCaller = 10;

    public WebApiOptions()
        : this(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
    {
    }

    /// <summary>The defaults of a process with so much memory: an eighth for bodies, for requests and for bodies on their way, a quarter for connections, a thirty-second for exports.</summary>
    /// <param name="heapBytes">The most that its managed heap can have; in a container three quarters of the container's limit.</param>
    public WebApiOptions(long heapBytes)
    {
        MaxBodyMemory = Math.Max(heapBytes / 8, LargestBodyMemory);
        MaxConnections = (int)Math.Clamp(heapBytes / 4 / ConnectionBytes, 200, 20_000);
        MaxRequests = (int)Math.Clamp(heapBytes / 8 / RequestBytes, 100, 5_000);
        MaxBodies = MaxRequests;
        MaxExports = (int)Math.Clamp(heapBytes / 32 / ExportBytes, 4, 100);
        MaxStreams = Math.Min(MaxConnections / 4, 2_000);
        RememberedTokens = new() { Max = (int)Math.Clamp(heapBytes / 16 / RememberedTokenBytes, 1_000, 100_000) };
    }

    /// <summary>Where it listens. Port 0 takes a free port and needs an address, as in <c>http://127.0.0.1:0</c>.</summary>
    public string Url { get; set; } = "http://localhost:8080";

    /// <summary>
    /// Where clients find the service, without a query or fragment: https, or http on this machine. What it says of its own
    /// addresses begins with it (<c>/.well-known/authzen-configuration</c>). Without a value it says nothing of them.
    /// </summary>
    public string? PublicUrl { get; set; }

    /// <summary>By how much the issuer's clock may differ from ours; at most 5 minutes, which is Entra ID's own advice.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The tenants whose applications may use an app role. Whoever administers a tenant can give an application there
    /// any app role of a multi-tenant API, so a role says nothing without the tenant. Empty: none, save in the
    /// environment Development, where it is every tenant.
    /// </summary>
    public IList<Guid> ApplicationTenants { get; } = [];

    public RateLimitOptions RateLimit { get; set; } = new();

    public RememberedTokensOptions RememberedTokens { get; set; }

    public DecisionsOptions Decisions { get; set; } = new();

    public RequestLogOptions RequestLog { get; set; } = new();

    /// <summary>
    /// Whether the OpenAPI document and the page over it are for everybody. Without a value they are in the environment
    /// Development; elsewhere the document takes the token of a person, and there is no page.
    /// </summary>
    public bool? AnonymousReference { get; set; }

    /// <summary>The origins whose pages may call the API from a browser, such as <c>https://portal.example</c>. None by default.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>
    /// Addresses or networks of the proxies before the API. What they say in <c>X-Forwarded-For</c> and
    /// <c>X-Forwarded-Proto</c> is believed; from anyone else these headers are ignored. None by default.
    /// </summary>
    public IList<string> KnownProxies { get; } = [];

    /// <summary>
    /// Requests that a node works for at the same time; more are refused with 503 and <c>Retry-After</c>. Each may wait
    /// for a grain for as long as 30 s, and without a bound those that wait would take the memory of those that go on.
    /// One that waits for its client to send more of a body does not count. Default an eighth of the memory, each taken
    /// as <see cref="RequestBytes"/>; 100 to 5,000.
    /// </summary>
    public int MaxRequests { get; set; }

    /// <summary>
    /// Bodies that a node waits for at the same time. A body that has come when it is read does not count. More are
    /// refused with 503 and <c>Retry-After</c>. Default as <see cref="MaxRequests"/>.
    /// </summary>
    public int MaxBodies { get; set; }

    /// <summary>
    /// Bytes of memory that all bodies on a node take together while they are read. It grows with the bytes that have
    /// come, whatever length was announced; one that needs more waits for 10 s, and is then refused with 503 and
    /// <c>Retry-After</c>. Default an eighth of the memory, at least <see cref="LargestBodyMemory"/>.
    /// </summary>
    public long MaxBodyMemory { get; set; }

    /// <summary>
    /// Lists that a node writes as CSV at the same time, each until its client has taken all of it. More are refused with
    /// 503 and <c>Retry-After</c>. Default a thirty-second of the memory, each taken as <see cref="ExportBytes"/>; 4 to 100.
    /// </summary>
    public int MaxExports { get; set; }

    /// <summary>
    /// Audit trails that readers follow on a node at the same time. They hold a connection, and no place among
    /// <see cref="MaxRequests"/>. More are refused with 503 and <c>Retry-After</c>. At most half of
    /// <see cref="MaxConnections"/>, whatever it says; by default a quarter of them, at most 2,000.
    /// </summary>
    public int MaxStreams { get; set; }

    /// <summary>Has no effect: <see cref="MaxBodyMemory"/> bounds what large bodies take. Still known, so that a host that sets it starts.</summary>
    public int MaxLargeBodies { get; set; }

    /// <summary>
    /// The part of <see cref="MaxRequests"/>, <see cref="MaxBodies"/>, <see cref="MaxBodyMemory"/>, <see cref="MaxExports"/>
    /// and <see cref="MaxStreams"/> that one caller can have: a person, an application, or an address without a token. Of
    /// exports it is at most <see cref="MaxExportsOfCaller"/>, of streams <see cref="MaxStreamsOfCaller"/>. More is refused with 429 and <c>Retry-After</c>. Default a quarter.
    /// </summary>
    public double CallerShare { get; set; } = 0.25;

    /// <summary>
    /// Requests of one caller at the same time that go through many items: searches, filtered lists, lists of people and
    /// recommendations, support insights, home pages. More are refused with 429 and <c>Retry-After</c>. At least 1,
    /// default 4.
    /// </summary>
    public int CallerScans { get; set; } = 4;

    /// <summary>
    /// The part that all callers of one tenant can have together. More is refused with 503 and <c>Retry-After</c>.
    /// Default a half; 1 where everybody is of the same tenant.
    /// </summary>
    public double TenantShare { get; set; } = 0.5;

    /// <summary>
    /// The part that all strangers can have together, however many tenants they are of: persons of tenants that are not
    /// allowed, applications of tenants that are not trusted, and whoever has no token. More is refused with 503 and
    /// <c>Retry-After</c>. Default an eighth.
    /// </summary>
    public double StrangersShare { get; set; } = 0.125;

    /// <summary>
    /// Open connections of a node; further ones are closed unanswered. Above <see cref="MaxRequests"/>, so that whoever
    /// is refused learns why, and probes get through. Default a quarter of the memory, each taken as
    /// <see cref="ConnectionBytes"/>; 200 to 20,000.
    /// </summary>
    public int MaxConnections { get; set; }

    /// <summary>
    /// The part of <see cref="MaxConnections"/> that one address can have, of IPv6 its /64 network; further ones are closed
    /// unanswered. Addresses of <see cref="KnownProxies"/> have all of them. Default a quarter.
    /// </summary>
    public double AddressShare { get; set; } = 0.25;

    /// <summary>
    /// The silos' gateways, as <c>address:port</c> separated by commas, for a cluster without a membership provider.
    /// Empty: the one on this machine's port 30000.
    /// </summary>
    public string Gateways { get; set; } = "";

    internal static WebApiOptions Read(IConfiguration configuration)
    {
        var options = configuration.Read<WebApiOptions>(Section);
        Settings.RequireAddresses($"{Section}:Url", options.Url);
        if (options.PublicUrl is { } publicUrl && !IsPublic(publicUrl))
        {
            throw new SettingException($"{Section}:PublicUrl is '{publicUrl}'; it must be an https address such as https://engage.example, without query and fragment.");
        }

        if (options.ClockSkew < TimeSpan.Zero || options.ClockSkew > SignIn.MaxClockSkew)
        {
            throw new SettingException($"{Section}:ClockSkew is {options.ClockSkew}; it must be from 0 to 5 minutes.");
        }

        if (options.RateLimit.PermitLimit < 1 || options.RateLimit.Burst < options.RateLimit.PermitLimit)
        {
            throw new SettingException($"{Section}:RateLimit needs a PermitLimit of at least 1, and a Burst of at least as many.");
        }

        if (options.RateLimit.ConnectionsPerSecond < 1 || options.RateLimit.ConnectionsAtOnce < options.RateLimit.ConnectionsPerSecond)
        {
            throw new SettingException($"{Section}:RateLimit needs a ConnectionsPerSecond of at least 1, and a ConnectionsAtOnce of at least as many.");
        }

        if (options.RateLimit.ItemsPerSecond < 1 || options.RateLimit.ItemsAtOnce < Math.Max(PageRequest.MaxSize, options.RateLimit.ItemsPerSecond))
        {
            throw new SettingException(
                $"{Section}:RateLimit needs an ItemsPerSecond of at least 1, and an ItemsAtOnce of at least as many and at least {PageRequest.MaxSize}.");
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
            throw new SettingException($"{Section} needs a MaxRequests of at least 1, and more MaxConnections than that.");
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
            throw new SettingException($"{Section}:StrangersShare must be above 0, and at most 1.");
        }

        if (!(options.CallerShare > 0 && options.CallerShare <= options.TenantShare && options.TenantShare <= 1))
        {
            throw new SettingException($"{Section} needs a CallerShare above 0, and a TenantShare from that to 1.");
        }

        if (!(options.AddressShare > 0 && options.AddressShare <= 1))
        {
            throw new SettingException($"{Section}:AddressShare is {options.AddressShare.ToString(CultureInfo.InvariantCulture)}; it must be above 0, and at most 1.");
        }

        return options;
    }

    private static bool IsPublic(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        && address is { Host.Length: > 0, UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 }
        && !url.AsSpan().ContainsAny('?', '#');
}

/// <summary>Which requests have a line in the log, at level Information. Metrics have all of them.</summary>
public sealed class RequestLogOptions
{
    /// <summary>One of so many requests; 1 for each of them, 0 for none. Requests that fail with a status from 500 on, or are slow, always have one. Default 0.</summary>
    public int Every { get; set; }

    /// <summary>From which duration on a request is slow. At least 1 ms; default 1 s.</summary>
    public TimeSpan Slow { get; set; } = TimeSpan.FromSeconds(1);
}

/// <summary>Tokens that a web node has validated and need not validate again while nothing has changed.</summary>
public sealed class RememberedTokensOptions
{
    /// <summary>Whether a remembered token is taken without validating it again. Without it every request's token is validated in full.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// Tokens at most, 2 to 1,000,000. Default 100,000, or as many as a sixteenth of the memory takes at
    /// <see cref="WebApiOptions.RememberedTokenBytes"/> each, but at least 1,000.
    /// </summary>
    public int Max { get; set; } = 100_000;
}

/// <summary>Decisions about persons' rights that a web node may answer by again without asking their grain; docs/understand/coherence.md.</summary>
public sealed class DecisionsOptions
{
    /// <summary>Decisions at most, one for each person and workspace, 2 to 1,000,000, each with the sign-in that it is of. 0, the default, keeps none: every check asks the person's grain. Silos lend them with <c>Access:LendsDecisions</c>.</summary>
    public int Max { get; set; }
}

/// <summary>How much one caller may ask of one web node. It keeps callers from each other's way; it is no quota.</summary>
public sealed class RateLimitOptions
{
    /// <summary>Requests per second in the long run.</summary>
    public int PermitLimit { get; set; } = 2_000;

    /// <summary>Requests at once after a pause.</summary>
    public int Burst { get; set; } = 10_000;

    /// <summary>
    /// Connections that one address (of IPv6, one /64 network) can open in a second in the long run; further ones are closed
    /// unanswered. Addresses of <see cref="WebApiOptions.KnownProxies"/> are not limited. Default 200: at 400 a second the
    /// others of a node notice nothing, and 5,000 people behind one address need less when they all come in the same minute.
    /// </summary>
    public int ConnectionsPerSecond { get; set; } = 200;

    /// <summary>The same at once after a pause. Default 1,000: a gateway that starts opens its pool at once.</summary>
    public int ConnectionsAtOnce { get; set; } = 1_000;

    /// <summary>
    /// Items per second in the long run that pages are asked for, by their <c>pageSize</c>; what comes faster waits. Default
    /// 10,000: 20 of the largest pages, or 200 of the default size. Each such page takes some milliseconds of a processor of
    /// the node and of a silo, and one caller is to have only a small part of them.
    /// </summary>
    public int ItemsPerSecond { get; set; } = 10_000;

    /// <summary>The same at once after a pause; at least one page of the largest size. Default 20,000.</summary>
    public int ItemsAtOnce { get; set; } = 20_000;

    /// <summary>
    /// Requests of one address (of IPv6, one /64 network) in a minute whose token is missing or not valid. Beyond it
    /// only tokens that were found valid here lately are looked at, so that others behind the address go on. Default
    /// 3,000: thousands of people behind one address fail less often.
    /// </summary>
    public int FailuresPerMinute { get; set; } = 3_000;

    /// <summary>Requests per second of all who need no token, together; five times as many at once. Default 20.</summary>
    public int AnonymousPerSecond { get; set; } = 20;
}
