using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EngageCenter.LocalEntra.Tenants;
using EngageCenter.LocalEntra.Tokens;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.LocalEntra.SignIn;

/// <summary>Tokens for an authorization code, a refresh token or a device code.</summary>
internal sealed class Redemptions(
    EntraDirectory directory, SignIns signIns, ApiScopes scopes, AccessTokens accessTokens, IdTokens idTokens, TokenWriter writer)
{
    /// <param name="tenant">The tenant of the endpoint; null for an endpoint of all tenants.</param>
    public async Task<(TokenAnswer? Answer, TokenRefusal? Refusal)> OfCodeAsync(Tenant? tenant, TokenRequest request, CancellationToken cancellation)
    {
        if (request.Code is not { } code)
        {
            return (null, TokenRefusal.Missing("code"));
        }

        var (application, refusal) = Authenticate(tenant, request);
        if (application is null)
        {
            return (null, refusal);
        }

        if (signIns.Codes.Find(code) is not { } issued)
        {
            return (null, TokenRefusal.UnknownCode());
        }

        if (!IsFor(issued.Grant, tenant, application) || !string.Equals(issued.RedirectUri, request.RedirectUri, StringComparison.Ordinal))
        {
            return (null, TokenRefusal.OfOther("code"));
        }

        if (request.CodeVerifier is not { } verifier)
        {
            return (null, TokenRefusal.Missing("code_verifier"));
        }

        if (!Secret.Same(Base64UrlEncoder.Encode(SHA256.HashData(Encoding.UTF8.GetBytes(verifier))), issued.Challenge))
        {
            return (null, TokenRefusal.WrongVerifier());
        }

        // RFC 6749, 4.1.2: the first redemption may have been an attacker's, so the tokens that it returned are revoked as
        // well.
        if (!signIns.Codes.Use(code))
        {
            issued.Grant.Revoke();
            return (null, TokenRefusal.UsedCode());
        }

        return await AnswerAsync(issued.Grant, issued.Nonce, request, cancellation);
    }

    /// <inheritdoc cref="OfCodeAsync"/>
    public async Task<(TokenAnswer? Answer, TokenRefusal? Refusal)> OfRefreshTokenAsync(Tenant? tenant, TokenRequest request, CancellationToken cancellation)
    {
        if (request.RefreshToken is not { } token)
        {
            return (null, TokenRefusal.Missing("refresh_token"));
        }

        var (application, refusal) = Authenticate(tenant, request);
        if (application is null)
        {
            return (null, refusal);
        }

        if (signIns.RefreshTokens.Find(token) is not { } grant || grant.IsRevoked)
        {
            return (null, TokenRefusal.UnknownRefreshToken());
        }

        if (!IsFor(grant, tenant, application))
        {
            return (null, TokenRefusal.OfOther("refresh_token"));
        }

        if (scopes.Unknown(request.Scopes) is { } unknown)
        {
            return (null, TokenRefusal.InvalidScope(unknown));
        }

        return signIns.RefreshTokens.Use(token)
            ? await AnswerAsync(grant, nonce: null, request, cancellation)
            : (null, TokenRefusal.UsedRefreshToken());
    }

    /// <inheritdoc cref="OfCodeAsync"/>
    public async Task<(TokenAnswer? Answer, TokenRefusal? Refusal)> OfDeviceCodeAsync(Tenant? tenant, TokenRequest request, CancellationToken cancellation)
    {
        if (request.DeviceCode is not { } code)
        {
            return (null, TokenRefusal.Missing("device_code"));
        }

        var (application, refusal) = Authenticate(tenant, request);
        if (application is null)
        {
            return (null, refusal);
        }

        if (signIns.DeviceCodes.Find(code) is not { } device)
        {
            return (null, TokenRefusal.ExpiredDeviceCode());
        }

        if (device.Application.ClientId != application.ClientId)
        {
            return (null, TokenRefusal.OfOther("device_code"));
        }

        if (device.Grant is not { } grant)
        {
            return (null, TokenRefusal.AuthorizationPending());
        }

        if (tenant is not null && tenant != grant.Tenant)
        {
            return (null, TokenRefusal.OfOther("device_code"));
        }

        return signIns.DeviceCodes.Use(code)
            ? await AnswerAsync(grant, nonce: null, request, cancellation)
            : (null, TokenRefusal.ExpiredDeviceCode());
    }

    private async Task<(TokenAnswer? Answer, TokenRefusal? Refusal)> AnswerAsync(Grant grant, string? nonce, TokenRequest request, CancellationToken cancellation)
    {
        if (!grant.Tenant.TryGetUser(grant.UserId, out var user))
        {
            return (null, TokenRefusal.UnknownUser(grant.UserId.ToString(), grant.Tenant.Id));
        }

        if (!user.AccountEnabled)
        {
            return (null, TokenRefusal.Disabled());
        }

        // Without a scope, the request is for the scopes of the sign-in.
        var wanted = request.Scopes.Count > 0 ? request.Scopes : grant.Scopes;
        var resource = wanted.Any(scopes.IsDelegated) ? scopes.Api : ApiScopes.Graph;
        var token = await accessTokens.ForUserAsync(grant.Tenant, user, resource, grant.ClientId, request.ClientSecret is not null, cancellation);

        return (new TokenAnswer("Bearer", resource.Granted, writer.Lifetime, writer.Lifetime, token)
        {
            IdToken = Has(grant.Scopes, ApiScopes.OpenId) ? idTokens.Issue(grant.Tenant, user, grant.ClientId, nonce, grant.Session) : null,
            RefreshToken = Has(grant.Scopes, ApiScopes.OfflineAccess) ? signIns.RefreshTokens.Issue(grant) : null,
            ClientInfo = request.WantsClientInfo ? ClientInfo(grant.Tenant, grant.UserId) : null,
        }, null);
    }

    /// <summary>Returns the account's ids in the form that MSAL reads.</summary>
    public static string ClientInfo(Tenant tenant, Guid userId) =>
        Base64UrlEncoder.Encode(JsonSerializer.SerializeToUtf8Bytes(new { uid = userId.ToString(), utid = tenant.Id.ToString() }));

    private (Application? Application, TokenRefusal? Refusal) Authenticate(Tenant? tenant, TokenRequest request)
    {
        if (request.ClientId is not { } clientId)
        {
            return (null, TokenRefusal.Missing("client_id"));
        }

        if (!directory.TryGetApplication(clientId, out var application))
        {
            return (null, TokenRefusal.UnknownApplication(clientId, tenant?.Id));
        }

        return (application.ClientSecret, request.ClientSecret) switch
        {
            (null, null) => (application, null),
            (null, not null) => (null, TokenRefusal.PublicClient(clientId)),
            (not null, null) => (null, TokenRefusal.SecretRequired()),
            (not null, { } given) => application.Proves(given) ? (application, null) : (null, TokenRefusal.WrongSecret(clientId)),
        };
    }

    private static bool IsFor(Grant grant, Tenant? tenant, Application application) =>
        (tenant is null || tenant == grant.Tenant) && grant.ClientId == application.ClientId;

    private static bool Has(IReadOnlyList<string> granted, string scope) => granted.Contains(scope, StringComparer.OrdinalIgnoreCase);
}
