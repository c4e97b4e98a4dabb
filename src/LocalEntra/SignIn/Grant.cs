using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.SignIn;

/// <summary>
/// A person's sign-in to an application. The code and all refresh tokens that follow it belong to the same grant.
/// </summary>
/// <param name="Session">The browser's session.</param>
/// <param name="Scopes">The scopes that the application asked for.</param>
internal sealed record Grant(Tenant Tenant, Guid UserId, Guid Session, string ClientId, IReadOnlyList<string> Scopes)
{
    private volatile bool isRevoked;

    public bool IsRevoked => isRevoked;

    public void Revoke() => isRevoked = true;
}

/// <summary>The data of an authorization code, besides the grant.</summary>
internal sealed record AuthorizationCode(Grant Grant, string RedirectUri, string Challenge, string? Nonce);

/// <summary>A program without a browser that waits for somebody to sign in. It is good for one sign-in.</summary>
/// <param name="Tenant">Null if people of any tenant may sign in.</param>
internal sealed record DeviceRequest(Tenant? Tenant, Application Application, IReadOnlyList<string> Scopes)
{
    private Grant? grant;

    /// <summary>Who signed in; null while nobody did.</summary>
    public Grant? Grant => Volatile.Read(ref grant);

    public bool IsAnswered => Grant is not null;

    /// <summary>The first one who says who they are counts.</summary>
    public void Answer(Grant answer) => Interlocked.CompareExchange(ref grant, answer, null);
}

/// <summary>The person who is signed in in a browser.</summary>
internal sealed record Session(Guid Id, Tenant Tenant, Guid UserId);
