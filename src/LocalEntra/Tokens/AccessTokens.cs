using System.Text.Json;
using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Tokens;

/// <summary>Issues access tokens in the form of Entra's v2.0 tokens.</summary>
internal sealed class AccessTokens(TokenWriter writer, BaseAddress address, IssueTimes times, TimeProvider time)
{
    /// <summary>Entra's limit for JWTs. With more groups, the token says where to ask for them instead.</summary>
    public const int MaxGroups = 200;

    /// <param name="tenant">The tenant in which the person signs in.</param>
    /// <param name="user">The person.</param>
    /// <param name="resource">What the token is for.</param>
    /// <param name="clientId">The application that the person uses.</param>
    /// <param name="withSecret">Whether that application has proven its identity.</param>
    public async Task<string> ForUserAsync(Tenant tenant, User user, Resource resource, string clientId, bool withSecret, CancellationToken cancellation)
    {
        var claims = TokenWriter.Identity(user, resource.Audience);
        claims["scp"] = resource.Scope;

        var (groups, issuedAt) = await times.NextAsync(tenant, user, cancellation);
        AddGroups(claims, user.Id, groups);
        return Sign(tenant, resource.Audience, clientId, withSecret, claims, issuedAt);
    }

    /// <param name="roles">The application's app roles in the tenant.</param>
    public string ForApplication(Tenant tenant, Application application, string audience, IReadOnlyList<string> roles)
    {
        var servicePrincipal = application.ServicePrincipalId(tenant.Id).ToString();
        var claims = new Dictionary<string, object>
        {
            ["oid"] = servicePrincipal,
            ["sub"] = servicePrincipal,
            ["idtyp"] = "app",
        };

        if (roles.Count > 0)
        {
            claims["roles"] = roles.ToArray();
        }

        return Sign(tenant, audience, application.ClientId, withSecret: true, claims, time.GetUtcNow());
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

    private string Sign(Tenant tenant, string audience, string clientId, bool withSecret, Dictionary<string, object> claims, DateTimeOffset issuedAt)
    {
        claims["azp"] = clientId;
        claims["azpacr"] = withSecret ? "1" : "0";
        return writer.Sign(tenant, audience, claims, issuedAt);
    }
}
