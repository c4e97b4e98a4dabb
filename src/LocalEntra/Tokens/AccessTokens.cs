using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EngageCenter.LocalEntra.Tenants;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.LocalEntra.Tokens;

/// <summary>Issues access tokens of the shape of Entra's v2.0 tokens.</summary>
internal sealed class AccessTokens(LocalEntraOptions options, SigningKey key, BaseAddress address, IssueTimes times, TimeProvider time)
{
    /// <summary>Entra's own limit for JWTs: whoever is in more groups gets a token that says where to ask for them.</summary>
    public const int MaxGroups = 200;

    private readonly JsonWebTokenHandler handler = new();

    /// <summary>Seconds.</summary>
    public int Lifetime { get; } = (int)options.TokenLifetime.TotalSeconds;

    /// <param name="tenant">The tenant that the person signs in to.</param>
    /// <param name="user">The person.</param>
    /// <param name="clientId">The application that the person uses.</param>
    /// <param name="withSecret">Whether that application proved who it is.</param>
    public async Task<string> ForUserAsync(Tenant tenant, User user, string clientId, bool withSecret, CancellationToken cancellation)
    {
        var claims = new Dictionary<string, object>
        {
            ["oid"] = user.Id.ToString(),
            ["sub"] = Subject(user),
            ["scp"] = ApiScopes.AccessAsUser,
            ["name"] = user.DisplayName,
            ["preferred_username"] = user.UserPrincipalName,
            ["acct"] = user.UserType == UserType.Guest ? 1 : 0,
        };

        if (user.Mail is { Length: > 0 } mail)
        {
            claims["email"] = mail;
        }

        var (groups, issuedAt) = await times.NextAsync(tenant, user, cancellation);
        AddGroups(claims, user.Id, groups);
        return Sign(tenant, clientId, withSecret, claims, issuedAt);
    }

    public string ForApplication(Tenant tenant, Application application)
    {
        var servicePrincipal = application.ServicePrincipalId(tenant.Id).ToString();
        var claims = new Dictionary<string, object>
        {
            ["oid"] = servicePrincipal,
            ["sub"] = servicePrincipal,
            ["idtyp"] = "app",
        };

        if (application.AppRoles.Count > 0)
        {
            claims["roles"] = application.AppRoles.ToArray();
        }

        return Sign(tenant, application.ClientId, withSecret: true, claims, time.GetUtcNow());
    }

    private void AddGroups(Dictionary<string, object> claims, Guid userId, IReadOnlyList<Guid> groups)
    {
        if (groups.Count > MaxGroups)
        {
            var endpoint = $"{address.Value}/graph/v1.0/users/{userId}/getMemberObjects";
            claims["_claim_names"] = JsonSerializer.SerializeToElement(new { groups = "src1" });
            claims["_claim_sources"] = JsonSerializer.SerializeToElement(new { src1 = new { endpoint } });
        }
        else if (groups.Count > 0)
        {
            claims["groups"] = groups.Select(group => group.ToString()).ToArray();
        }
    }

    private string Sign(Tenant tenant, string clientId, bool withSecret, Dictionary<string, object> claims, DateTimeOffset issuedAt)
    {
        var now = issuedAt.UtcDateTime;
        claims["tid"] = tenant.Id.ToString();
        claims["ver"] = "2.0";
        claims["azp"] = clientId;
        claims["azpacr"] = withSecret ? "1" : "0";
        claims["uti"] = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(16));

        return handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = address.Issuer(tenant.Id.ToString()),
            Audience = options.ApiClientId,
            IssuedAt = now,
            NotBefore = now,
            Expires = now.AddSeconds(Lifetime),
            Claims = claims,
            SigningCredentials = key.Credentials,
        });
    }

    // Pairwise, as in Entra: another value for another API, so that nobody mistakes it for the object id.
    private string Subject(User user) =>
        Base64UrlEncoder.Encode(SHA256.HashData(Encoding.UTF8.GetBytes($"{user.Id}/{options.ApiClientId}")));
}
