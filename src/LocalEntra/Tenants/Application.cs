using System.Security.Cryptography;
using System.Text;

namespace EngageCenter.LocalEntra.Tenants;

/// <summary>A multi-tenant application. It has a service principal, with the same app roles, in every tenant.</summary>
/// <param name="ClientSecret">Null for a public client.</param>
/// <param name="RedirectUris">Where a browser may be sent after sign-in or sign-out.</param>
internal sealed record Application(string ClientId, string? ClientSecret, IReadOnlyList<string> AppRoles, IReadOnlyList<RedirectUri> RedirectUris)
{
    public required string DisplayName { get; init; }

    public bool Proves(string secret) => ClientSecret is not null && Secret.Same(secret, ClientSecret);

    public bool MayRedirectTo(string uri) => RedirectUris.Any(registered => registered.Allows(uri));

    /// <summary>
    /// Returns the object id of the service principal. It is derived from tenant and client id, so it is the same after
    /// every start.
    /// </summary>
    public Guid ServicePrincipalId(Guid tenantId)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{tenantId}/{ClientId.ToLowerInvariant()}")).AsSpan(0, 16);

        // RFC 9562, version 8: a GUID with bits that the application defines.
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true);
    }
}
