using System.Net;
using Microsoft.AspNetCore.HostFiltering;

namespace EngageCenter.LocalEntra;

/// <summary>Where the host may be reached: from the machine it runs on, and nowhere else.</summary>
internal static class Listening
{
    /// <summary>Bytes. A token request or a reference is well under 1 KB.</summary>
    public const int MaxRequestBody = 64 * 1024;

    /// <exception cref="LocalEntraConfigurationException">The address is not one of this machine's loopback addresses.</exception>
    public static void ListenOnLoopback(this WebApplicationBuilder builder, LocalEntraOptions options)
    {
        var url = LoopbackUrl(options.Url);

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Endpoints that a shared configuration gives its other hosts (section 'Kestrel') would open this one beyond loopback.
            kestrel.Configure();
            kestrel.Limits.MaxRequestBodySize = MaxRequestBody;

            if (IPAddress.TryParse(url.IdnHost, out var address))
            {
                kestrel.Listen(address, url.Port);
            }
            else
            {
                kestrel.ListenLocalhost(url.Port);
            }
        });

        // A page in the developer's browser whose name was rebound to 127.0.0.1 reaches the port, but not past this.
        builder.Services.PostConfigure<HostFilteringOptions>(hosts =>
            hosts.AllowedHosts = ["localhost", "127.0.0.1", "[::1]", url.Host]);
    }

    private static Uri LoopbackUrl(string value)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp)
        {
            throw LocalEntraOptions.Refusal(nameof(LocalEntraOptions.Url), $"is '{value}'; it must be an http URL such as http://localhost:8081");
        }

        var isName = !IPAddress.TryParse(url.IdnHost, out var address);
        if (isName ? url.Host != "localhost" : !IPAddress.IsLoopback(address!))
        {
            throw LocalEntraOptions.Refusal(nameof(LocalEntraOptions.Url), $"is '{value}', which is beyond this machine; only localhost, 127.0.0.0/8 and ::1 are allowed");
        }

        if (url.PathAndQuery != "/" || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            throw LocalEntraOptions.Refusal(nameof(LocalEntraOptions.Url), $"is '{value}'; it must have no more than a scheme, a host and a port");
        }

        if (isName && url.Port == 0)
        {
            throw LocalEntraOptions.Refusal(nameof(LocalEntraOptions.Url), $"is '{value}'; a free port needs an address, as in http://127.0.0.1:0");
        }

        return url;
    }
}
