using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using IPNetwork = System.Net.IPNetwork;

namespace EngageCenter;

/// <summary>
/// Proxies before a node that say whom they ask for (<c>X-Forwarded-For</c>) and whether they were asked by https
/// (<c>X-Forwarded-Proto</c>). Nobody else is believed. The host is that of the request: a proxy has to pass it on.
/// </summary>
public static partial class KnownProxies
{
    // Only this many proxies in a row are followed.
    private const int MaxProxies = 10;

    /// <param name="setting">The name of the setting that has them, for a refusal.</param>
    /// <param name="proxies">Addresses, or networks such as 10.0.0.0/8.</param>
    /// <exception cref="SettingException">One is neither an address nor a network.</exception>
    public static IReadOnlyList<IPNetwork> Read(string setting, IEnumerable<string> proxies) => [.. proxies.Select(proxy =>
        IPAddress.TryParse(proxy, out var address) ? new(address, 8 * address.GetAddressBytes().Length)
        // The framework ignores host bits in a network. Here they are an error, because one of the two numbers must be
        // wrong.
        : IPNetwork.TryParse(proxy, out var network) && network.BaseAddress.Equals(IPAddress.Parse(proxy.AsSpan(0, proxy.IndexOf('/', StringComparison.Ordinal)))) ? network
        : throw new SettingException($"{setting} contains '{proxy}'; it must be an address, or a network such as 10.0.0.0/8."))];

    public static void AddKnownProxies(this IServiceCollection services, IReadOnlyList<IPNetwork> proxies) => services.Configure<ForwardedHeadersOptions>(forwarded =>
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

    /// <param name="setting">The name of the setting that has them, for a warning if there are none.</param>
    public static void UseKnownProxies(this WebApplication app, string setting, IReadOnlyList<IPNetwork> proxies)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(proxies);
        if (proxies.Count > 0)
        {
            app.UseForwardedHeaders();
        }
        else if (!app.Environment.IsDevelopment())
        {
            LogNoProxies(app.Logger, setting);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Setting} is empty. If this node is behind a proxy, all of the proxy's clients count as one address and share its limits; set the proxy's address")]
    private static partial void LogNoProxies(ILogger logger, string setting);
}
