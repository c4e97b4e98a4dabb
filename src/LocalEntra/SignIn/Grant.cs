using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.SignIn;

/// <summary>That a person signed in to an application. The code and each refresh token after it stand for the same grant.</summary>
/// <param name="Session">The session in the browser.</param>
/// <param name="Scopes">What the application asked for.</param>
internal sealed record Grant(Tenant Tenant, Guid UserId, Guid Session, string ClientId, IReadOnlyList<string> Scopes)
{
    private volatile bool isRevoked;

    public bool IsRevoked => isRevoked;

    public void Revoke() => isRevoked = true;
}

/// <summary>What an authorization code stands for, beside the grant.</summary>
internal sealed record AuthorizationCode(Grant Grant, string RedirectUri, string Challenge, string? Nonce);

/// <summary>Who is signed in in a browser.</summary>
internal sealed record Session(Guid Id, Tenant Tenant, Guid UserId);
