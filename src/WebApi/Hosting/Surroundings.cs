using System.Net;
using EngageCenter.WebApi.Responses;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace EngageCenter.WebApi.Hosting;

/// <summary>
/// Configures what stands between the API and its clients: reverse proxies, and browsers on other origins.
/// </summary>
internal static partial class Surroundings
{
    // Only this many proxies in a row are followed.
    private const int MaxProxies = 10;

    private static readonly TimeSpan preflight = TimeSpan.FromMinutes(10);

    public static void AddSurroundings(this IServiceCollection services, WebApiOptions options)
    {
        var proxies = options.KnownProxies.Select(Network).ToList();
        services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            forwarded.ForwardLimit = MaxProxies;

            // The framework's defaults trust every process on this machine.
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var proxy in proxies)
            {
                forwarded.KnownIPNetworks.Add(proxy);
            }
        });

        string[] origins = [.. options.AllowedOrigins.Select(Origin)];
        services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(origins)
            .WithMethods("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
            .AllowAnyHeader()
            .WithExposedHeaders("ETag", "Location", "Retry-After", "WWW-Authenticate", "Allow", "Content-Disposition", ResponseHeaders.RequestId)
            .SetPreflightMaxAge(preflight)));
    }

    public static void UseKnownProxies(this WebApplication app, WebApiOptions options)
    {
        if (options.KnownProxies.Count > 0)
        {
            app.UseForwardedHeaders();
        }
        else if (!app.Environment.IsDevelopment())
        {
            LogNoProxies(app.Logger);
        }
    }

    public static void UseAllowedOrigins(this WebApplication app, WebApiOptions options)
    {
        if (options.AllowedOrigins.Count > 0)
        {
            app.UseCors();
        }
    }

    /// <exception cref="SettingException">The text is neither an address nor a network.</exception>
    public static IPNetwork Network(string proxy) =>
        IPAddress.TryParse(proxy, out var address) ? new(address, 8 * address.GetAddressBytes().Length)
        // The framework ignores host bits in a network. Here they are an error, because one of the two numbers must be
        // wrong.
        : IPNetwork.TryParse(proxy, out var network) && network.BaseAddress.Equals(IPAddress.Parse(proxy.AsSpan(0, proxy.IndexOf('/')))) ? network
        : throw new SettingException($"{WebApiOptions.Section}:KnownProxies contains '{proxy}'; it must be an address, or a network such as 10.0.0.0/8.");

    private static string Origin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http"
            && uri.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase)
            ? origin
            : throw new SettingException($"{WebApiOptions.Section}:AllowedOrigins contains '{origin}'; it must be an origin such as https://portal.example, without a path.");

    [LoggerMessage(LogLevel.Warning, "WebApi:KnownProxies is empty. If this node is behind a proxy, all of the proxy's clients count as one address and share its limits; set the proxy's address")]
    private static partial void LogNoProxies(ILogger logger);
}
