using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace EngageCenter.LocalEntra;

/// <summary>
/// What issuers and links begin with: an address that the server is bound to, without a closing slash.
/// It is not taken from the request, so that a token has one issuer whichever loopback name a caller uses.
/// </summary>
internal sealed class BaseAddress(IServer server)
{
    /// <summary>The http address: issuers, and the pages that a browser opens, so that it does not warn of an unknown certificate.</summary>
    public string Value =>
        Bound(Uri.UriSchemeHttp) ?? throw new InvalidOperationException("The server has not started, so it has no address yet.");

    /// <summary>The https address, or null if it does not listen on https.</summary>
    public string? Https => Bound(Uri.UriSchemeHttps);

    /// <summary>The address for what a program calls: https for those who ask over https, because MSAL takes nothing else.</summary>
    public string For(HttpRequest request) => request.IsHttps ? Https ?? Value : Value;

    /// <summary>The issuer of a tenant's v2.0 tokens. <paramref name="tenant"/> may be Entra's placeholder <c>{tenantid}</c>.</summary>
    public string Issuer(string tenant) => $"{Value}/{tenant}/v2.0";

    private string? Bound(string scheme) => server.Features.Get<IServerAddressesFeature>()?.Addresses
        .FirstOrDefault(address => address.StartsWith($"{scheme}://", StringComparison.OrdinalIgnoreCase))?.TrimEnd('/');
}
