using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EngageCenter.LocalEntra;

/// <summary>Where the host may be reached: from the machine it runs on, and nowhere else.</summary>
internal static class Listening
{
    /// <summary>Bytes. A token request or a reference is well under 1 KB.</summary>
    public const int MaxRequestBody = 64 * 1024;

    /// <exception cref="LocalEntraConfigurationException">The address is not one of this machine's loopback addresses.</exception>
    public static void ListenOnLoopback(this WebApplicationBuilder builder, LocalEntraOptions options)
    {
        var url = LoopbackUrl(options.Url, nameof(LocalEntraOptions.Url), Uri.UriSchemeHttp);
        var https = string.IsNullOrWhiteSpace(options.HttpsUrl) ? null : LoopbackUrl(options.HttpsUrl, nameof(LocalEntraOptions.HttpsUrl), Uri.UriSchemeHttps);

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Endpoints that a shared configuration gives its other hosts (section 'Kestrel') would open this one beyond loopback.
            kestrel.Configure();
            kestrel.Limits.MaxRequestBodySize = MaxRequestBody;

            Listen(kestrel, url, _ => { });
            if (https is not null)
            {
                Listen(kestrel, https, endpoint => endpoint.UseHttps(endpoint.ApplicationServices.GetRequiredService<X509Certificate2>()));
            }
        });

        // A page in the developer's browser whose name was rebound to 127.0.0.1 reaches the port, but not past this.
        builder.Services.PostConfigure<HostFilteringOptions>(hosts =>
            hosts.AllowedHosts = ["localhost", "127.0.0.1", "[::1]", url.Host, https?.Host ?? url.Host]);
    }

    private static void Listen(KestrelServerOptions kestrel, Uri url, Action<ListenOptions> configure)
    {
        if (IPAddress.TryParse(url.IdnHost, out var address))
        {
            kestrel.Listen(address, url.Port, configure);
        }
        else
        {
            kestrel.ListenLocalhost(url.Port, configure);
        }
    }

    private static Uri LoopbackUrl(string value, string setting, string scheme)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var url) || url.Scheme != scheme)
        {
            throw LocalEntraOptions.Refusal(setting, $"is '{value}'; it must be an {scheme} URL such as {scheme}://localhost:{(scheme == Uri.UriSchemeHttp ? 8081 : 8444)}");
        }

        var isName = !IPAddress.TryParse(url.IdnHost, out var address);
        if (isName ? url.Host != "localhost" : !IPAddress.IsLoopback(address!))
        {
            throw LocalEntraOptions.Refusal(setting, $"is '{value}', which is beyond this machine; only localhost, 127.0.0.0/8 and ::1 are allowed");
        }

        if (url.PathAndQuery != "/" || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            throw LocalEntraOptions.Refusal(setting, $"is '{value}'; it must have no more than a scheme, a host and a port");
        }

        if (isName && url.Port == 0)
        {
            throw LocalEntraOptions.Refusal(setting, $"is '{value}'; a free port needs an address, as in {scheme}://127.0.0.1:0");
        }

        return url;
    }
}
