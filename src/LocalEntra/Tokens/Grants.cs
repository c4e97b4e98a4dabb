using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Tokens;

/// <summary>Who gets a token. Each grant answers with a token or with the reason why not.</summary>
internal sealed class Grants(EntraDirectory directory, ApiScopes scopes, AccessTokens tokens, LocalEntraOptions options)
{
    public async Task<(TokenAnswer? Answer, TokenRefusal? Refusal)> DecideAsync(string tenantId, TokenRequest request, CancellationToken cancellation)
    {
        if (!directory.TryGetTenant(tenantId, out var tenant))
        {
            return (null, tenantId is "common" or "organizations" ? TokenRefusal.NoTenant() : TokenRefusal.UnknownTenant(tenantId));
        }

        return request.GrantType switch
        {
            null => (null, TokenRefusal.Missing("grant_type")),
            "password" => await PasswordAsync(tenant, request, cancellation),
            "client_credentials" => ClientCredentials(tenant, request),
            _ => (null, TokenRefusal.UnsupportedGrantType(request.GrantType)),
        };
    }

    /// <summary>
    /// A person. Any client may ask, also one that is in no directory; without an id it is taken for the API's own.
    /// Only an application of the directory that gives a secret must give the right one.
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
            proven = Secret.Same(secret, application.ClientSecret);
            if (!proven)
            {
                return (null, TokenRefusal.WrongSecret(clientId));
            }
        }

        if (request.Scopes.Count == 0)
        {
            return (null, TokenRefusal.Missing("scope"));
        }

        if (request.Scopes.FirstOrDefault(scope => !scopes.IsDelegated(scope) && !ApiScopes.IsOpenId(scope)) is { } unknown)
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

        return user.Accepts(request.Password)
            ? (Answer(await tokens.ForUserAsync(tenant, user, application?.ClientId ?? clientId, proven, cancellation), scopes.Granted), null)
            : (null, TokenRefusal.WrongPassword());
    }

    /// <summary>An application on its own behalf. It is at home in every tenant.</summary>
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

        if (!Secret.Same(request.ClientSecret, application.ClientSecret))
        {
            return (null, TokenRefusal.WrongSecret(request.ClientId));
        }

        return request.Scopes switch
        {
            [] => (null, TokenRefusal.Missing("scope")),
            [var scope] when scopes.IsDefault(scope) => (Answer(tokens.ForApplication(tenant, application), scope: null), null),
            _ => (null, TokenRefusal.NotDefaultScope(string.Join(' ', request.Scopes))),
        };
    }

    private TokenAnswer Answer(string token, string? scope) => new("Bearer", scope, tokens.Lifetime, tokens.Lifetime, token);
}
