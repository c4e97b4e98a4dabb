using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EngageCenter.LocalEntra;

/// <summary>Makes the host listen only on this machine.</summary>
internal static class Listening
{
    /// <summary>The maximum size of a request body, in bytes. A token request or a reference is well below 1 KB.</summary>
    public const int MaxRequestBody = 64 * 1024;

    /// <exception cref="LocalEntraConfigurationException">The address is not one of this machine's loopback addresses.</exception>
    public static void ListenOnLoopback(this WebApplicationBuilder builder, LocalEntraOptions options)
    {
        var url = LoopbackUrl(options.Url, nameof(LocalEntraOptions.Url), Uri.UriSchemeHttp);
        var https = string.IsNullOrWhiteSpace(options.HttpsUrl) ? null : LoopbackUrl(options.HttpsUrl, nameof(LocalEntraOptions.HttpsUrl), Uri.UriSchemeHttps);

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // A 'Kestrel' section in a configuration shared with other hosts must not open this host beyond loopback.
            kestrel.Configure();
            kestrel.Limits.MaxRequestBodySize = MaxRequestBody;

            Listen(kestrel, url, _ => { });
            if (https is not null)
            {
                Listen(kestrel, https, endpoint => endpoint.UseHttps(endpoint.ApplicationServices.GetRequiredService<X509Certificate2>()));
            }
        });

        // Host filtering refuses a page in the developer's browser whose host name was rebound to 127.0.0.1 (DNS rebinding).
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
            throw LocalEntraOptions.Refusal(setting, $"is '{value}', which is not on this machine; only localhost, 127.0.0.0/8 and ::1 are allowed");
        }

        if (url.PathAndQuery != "/" || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            throw LocalEntraOptions.Refusal(setting, $"is '{value}'; it must consist of a scheme, a host and a port only");
        }

        if (isName && url.Port == 0)
        {
            throw LocalEntraOptions.Refusal(setting, $"is '{value}'; port 0 needs an IP address, as in {scheme}://127.0.0.1:0");
        }

        return url;
    }
}
