using EngageCenter.LocalEntra.Tenants;
using EngageCenter.LocalEntra.Tokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.LocalEntra.Discovery;

/// <summary>
/// Serves the issuer and the keys to APIs: for one tenant, or, for multi-tenant APIs, for all of them under <c>common</c> or
/// <c>organizations</c>.
/// </summary>
internal static class DiscoveryEndpoints
{
    /// <summary>Entra's literal placeholder in the issuer, for when the tenant is not known yet.</summary>
    private const string AnyTenant = "{tenantid}";

    public static void MapDiscovery(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/{tenant}/v2.0/.well-known/openid-configuration", Configuration);
        routes.MapGet("/{tenant}/discovery/v2.0/keys", Keys);
        routes.MapGet("/common/discovery/instance", Instance);
    }

    private static IResult Configuration(string tenant, HttpRequest request, EntraDirectory directory, BaseAddress address, TimeProvider time)
    {
        if (!TryGetIssuer(tenant, directory, address, out var issuer))
        {
            return UnknownTenant(tenant, request, time);
        }

        var configuration = new OpenIdConnectConfiguration
        {
            Issuer = issuer,
            AuthorizationEndpoint = $"{address.Value}/{tenant}/oauth2/v2.0/authorize",
            EndSessionEndpoint = $"{address.Value}/{tenant}/oauth2/v2.0/logout",
            TokenEndpoint = $"{address.For(request)}/{tenant}/oauth2/v2.0/token",
            JwksUri = $"{address.For(request)}/{tenant}/discovery/v2.0/keys",
            DeviceAuthorizationEndpoint = $"{address.For(request)}/{tenant}/oauth2/v2.0/devicecode",
            TokenEndpointAuthMethodsSupported = { "client_secret_post", "client_secret_basic", "none" },
            GrantTypesSupported = { "authorization_code", "refresh_token", "password", "client_credentials", Grants.DeviceCode },
            ResponseTypesSupported = { "code" },
            ResponseModesSupported = { "query", "form_post" },
            PromptValuesSupported = { "none", "login", "select_account" },
            CodeChallengeMethodsSupported = { "S256" },
            SubjectTypesSupported = { "pairwise" },
            IdTokenSigningAlgValuesSupported = { SecurityAlgorithms.RsaSha256 },
            ScopesSupported = { "openid", "profile", "email", "offline_access" },
            ClaimsSupported = { "sub", "iss", "aud", "exp", "iat", "nbf", "nonce", "name", "preferred_username", "email", "oid", "tid", "ver", "sid", "acct", "login_hint" },
        };

        return Results.Text(OpenIdConnectConfiguration.Write(configuration), "application/json");
    }

    private static IResult Keys(string tenant, HttpRequest request, EntraDirectory directory, SigningKey key, BaseAddress address, TimeProvider time)
    {
        if (!TryGetIssuer(tenant, directory, address, out var issuer))
        {
            return UnknownTenant(tenant, request, time);
        }

        // Like Entra, adds the issuer to each key. Token validation compares it with the token's issuer.
        var published = new PublishedKey(key.Public.Kty, "sig", key.Public.Kid, key.Public.N, key.Public.E, SecurityAlgorithms.RsaSha256, issuer);
        return Results.Json(new { keys = new[] { published } });
    }

    // MSAL asks whether a host belongs to the cloud and which other names it has. This host has no other names.
    private static IResult Instance(HttpRequest request, BaseAddress address)
    {
        var root = address.For(request);
        string[] hosts = [new Uri(root).Host];
        return Results.Json(new Dictionary<string, object>
        {
            ["tenant_discovery_endpoint"] = $"{root}/common/v2.0/.well-known/openid-configuration",
            ["api-version"] = "1.1",
            ["metadata"] = new[] { new { preferred_network = hosts[0], preferred_cache = hosts[0], aliases = hosts } },
        });
    }

    private static bool TryGetIssuer(string tenant, EntraDirectory directory, BaseAddress address, out string issuer)
    {
        var named = directory.TryGetTenant(tenant, out var known);
        issuer = address.Issuer(named ? known!.Id.ToString() : AnyTenant);
        return named || EntraDirectory.IsAnyTenant(tenant);
    }

    private static IResult UnknownTenant(string tenant, HttpRequest request, TimeProvider time) =>
        TokenErrorAnswer.ToResult(TokenRefusal.UnknownTenant(tenant, error: "invalid_tenant"), request, time.GetUtcNow());

    private sealed record PublishedKey(string Kty, string Use, string Kid, string N, string E, string Alg, string Issuer);
}
