using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace EngageCenter.LocalEntra;

/// <summary>
/// The start of issuers and links: an address to which the server is bound, without a trailing slash. It does not depend on
/// the request, so tokens have one issuer whichever loopback name a caller uses.
/// </summary>
internal sealed class BaseAddress(IServer server)
{
    /// <summary>
    /// The http address, for issuers and for pages that a browser opens, so that the browser does not warn of an unknown
    /// certificate.
    /// </summary>
    public string Value =>
        Bound(Uri.UriSchemeHttp) ?? throw new InvalidOperationException("The server has not started, so it has no address yet.");

    /// <summary>The https address; null if the server does not listen on https.</summary>
    public string? Https => Bound(Uri.UriSchemeHttps);

    /// <summary>
    /// Returns the address that a program should call: https if it asked over https, because MSAL accepts nothing else.
    /// </summary>
    public string For(HttpRequest request) => request.IsHttps ? Https ?? Value : Value;

    /// <summary>
    /// Returns the issuer of a tenant's v2.0 tokens. <paramref name="tenant"/> may be Entra's placeholder <c>{tenantid}</c>.
    /// </summary>
    public string Issuer(string tenant) => $"{Value}/{tenant}/v2.0";

    private string? Bound(string scheme) => server.Features.Get<IServerAddressesFeature>()?.Addresses
        .FirstOrDefault(address => address.StartsWith($"{scheme}://", StringComparison.OrdinalIgnoreCase))?.TrimEnd('/');
}
