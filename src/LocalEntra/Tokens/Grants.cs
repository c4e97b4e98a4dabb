using EngageCenter.LocalEntra.Graph;
using EngageCenter.LocalEntra.SignIn;
using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Tokens;

/// <summary>Decides about token requests. Each grant type returns a token or the reason for the refusal.</summary>
internal sealed class Grants(EntraDirectory directory, ApiScopes scopes, AccessTokens tokens, TokenWriter writer, Redemptions redemptions, LocalEntraOptions options)
{
    /// <summary>RFC 8628's name. Microsoft's libraries use the shorter one of its drafts, and Entra takes both.</summary>
    public const string DeviceCode = "urn:ietf:params:oauth:grant-type:device_code";

    public async Task<(TokenAnswer? Answer, TokenRefusal? Refusal)> DecideAsync(string tenantId, TokenRequest request, CancellationToken cancellation)
    {
        if (!directory.TryGetTenant(tenantId, out var tenant) && !EntraDirectory.IsAnyTenant(tenantId))
        {
            return (null, TokenRefusal.UnknownTenant(tenantId));
        }

        return request.GrantType switch
        {
            // A code, a refresh token and a device code know their tenant.
            "authorization_code" => await redemptions.OfCodeAsync(tenant, request, cancellation),
            "refresh_token" => await redemptions.OfRefreshTokenAsync(tenant, request, cancellation),
            DeviceCode or "device_code" => await redemptions.OfDeviceCodeAsync(tenant, request, cancellation),
            _ when tenant is null => (null, TokenRefusal.NoTenant()),
            null => (null, TokenRefusal.Missing("grant_type")),
            "password" => await PasswordAsync(tenant, request, cancellation),
            "client_credentials" => ClientCredentials(tenant, request),
            _ => (null, TokenRefusal.UnsupportedGrantType(request.GrantType)),
        };
    }

    /// <summary>
    /// Issues a token for a person. Every client may ask, even one that is not in the directory; without a client id, the
    /// API's own is assumed. Only if an application of the directory sends a secret, the secret must be right.
    /// </summary>
    private async Task<(TokenAnswer? Answer, TokenRefusal? Refusal)> PasswordAsync(Tenant tenant, TokenRequest request, CancellationToken cancellation)
    {
        var clientId = request.ClientId ?? options.ApiClientId;
        if (clientId.Length > DirectoryReader.MaxClientId)
        {
            return (null, TokenRefusal.UnknownApplication(clientId, tenant.Id));
        }

        var proven = false;
        if (directory.TryGetApplication(clientId, out var application) && request.ClientSecret is { } secret)
        {
            proven = application.Proves(secret);
            if (!proven)
            {
                return (null, TokenRefusal.WrongSecret(clientId));
            }
        }

        if (request.Scopes.Count == 0)
        {
            return (null, TokenRefusal.Missing("scope"));
        }

        if (scopes.Unknown(request.Scopes) is { } unknown)
        {
            return (null, TokenRefusal.InvalidScope(unknown));
        }

        if (!request.Scopes.Any(scopes.IsDelegated))
        {
            return (null, TokenRefusal.InvalidScope(string.Join(' ', request.Scopes)));
        }

        if (request.Username is null)
        {
            return (null, TokenRefusal.Missing("username"));
        }

        if (!tenant.TryGetUser(request.Username, out var user))
        {
            return (null, TokenRefusal.UnknownUser(request.Username, tenant.Id));
        }

        if (!user.Accepts(request.Password))
        {
            return (null, TokenRefusal.WrongPassword());
        }

        return user.AccountEnabled
            ? (Answer(await tokens.ForUserAsync(tenant, user, scopes.Api, application?.ClientId ?? clientId, proven, cancellation), scopes.Api.Granted), null)
            : (null, TokenRefusal.Disabled());
    }

    /// <summary>Issues a token for an application itself. Every application exists in every tenant.</summary>
    private (TokenAnswer? Answer, TokenRefusal? Refusal) ClientCredentials(Tenant tenant, TokenRequest request)
    {
        if (request.ClientId is null)
        {
            return (null, TokenRefusal.Missing("client_id"));
        }

        if (!directory.TryGetApplication(request.ClientId, out var application))
        {
            return (null, TokenRefusal.UnknownApplication(request.ClientId, tenant.Id));
        }

        if (request.ClientSecret is null)
        {
            return (null, TokenRefusal.NoSecret());
        }

        if (!application.Proves(request.ClientSecret))
        {
            return (null, TokenRefusal.WrongSecret(request.ClientId));
        }

        return request.Scopes switch
        {
            [] => (null, TokenRefusal.Missing("scope")),
            [var scope] when scopes.IsDefault(scope) => (Answer(tokens.ForApplication(tenant, application, scopes.Api.Audience, application.AppRoles), scope: null), null),
            [var scope] when scopes.IsGraphDefault(scope) =>
                (Answer(tokens.ForApplication(tenant, application, ApiScopes.Graph.Audience, GraphAuthorization.Permissions), scope: null), null),
            _ => (null, TokenRefusal.NotDefaultScope(string.Join(' ', request.Scopes))),
        };
    }

    private TokenAnswer Answer(string token, string? scope) => new("Bearer", scope, writer.Lifetime, writer.Lifetime, token);
}
