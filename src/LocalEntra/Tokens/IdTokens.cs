using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Tokens;

/// <summary>Issues id tokens, which tell an application who has signed in.</summary>
internal sealed class IdTokens(TokenWriter writer, TimeProvider time)
{
    /// <param name="nonce">The nonce of the application's request, or null.</param>
    /// <param name="session">The browser's session.</param>
    public string Issue(Tenant tenant, User user, string clientId, string? nonce, Guid session)
    {
        var claims = TokenWriter.Identity(user, clientId);
        claims["sid"] = session.ToString();
        claims["login_hint"] = user.UserPrincipalName;
        if (nonce is not null)
        {
            claims["nonce"] = nonce;
        }

        return writer.Sign(tenant, clientId, claims, time.GetUtcNow());
    }
}
