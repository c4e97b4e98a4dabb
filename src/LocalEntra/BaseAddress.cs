using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace EngageCenter.LocalEntra;

/// <summary>
/// What issuers and links begin with: the address that the server is bound to, without a closing slash.
/// It is not taken from the request, so that a token has one issuer whichever loopback name a caller uses.
/// </summary>
internal sealed class BaseAddress(IServer server)
{
    public string Value =>
        server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()?.TrimEnd('/')
        ?? throw new InvalidOperationException("The server has not started, so it has no address yet.");

    /// <summary>The issuer of a tenant's v2.0 tokens. <paramref name="tenant"/> may be Entra's placeholder <c>{tenantid}</c>.</summary>
    public string Issuer(string tenant) => $"{Value}/{tenant}/v2.0";
}
