using System.Security.Cryptography;
using EngageCenter.LocalEntra;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.Service;

/// <summary>Signs access tokens of any tenant with LocalEntra's key, for persons and applications that no directory has.</summary>
internal sealed class Tokens
{
    private readonly JsonWebTokenHandler handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SigningCredentials credentials;
    private readonly string issuer;

    // All tokens have the same issue time. The newest token of a person decides, so all of theirs count equally.
    private readonly DateTimeOffset issuedAt = TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(30);

    public Tokens(string pem, string issuer)
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        var key = new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: true));
        key.KeyId = Base64UrlEncoder.Encode(key.ComputeJwkThumbprint());
        credentials = new(key, SecurityAlgorithms.RsaSha256);
        this.issuer = issuer;
    }

    public string Person(Guid tenant, Guid user, string name, params IReadOnlyList<Guid> groups) => Sign(tenant, new()
    {
        ["oid"] = $"{user}",
        ["scp"] = "access_as_user",
        ["name"] = name,
        ["preferred_username"] = $"{name}@fuzz.example",
        ["groups"] = groups.Select(g => $"{g}").ToArray(),
    });

    /// <summary>A person's token that leaves the groups out, as Entra does when there are more than 200.</summary>
    public string Overage(Guid tenant, Guid user) => Sign(tenant, new()
    {
        ["oid"] = $"{user}",
        ["scp"] = "access_as_user",
        ["name"] = "overage",
        ["hasgroups"] = "true",
    });

    public string WithoutScope(Guid tenant, Guid user) => Sign(tenant, new() { ["oid"] = $"{user}", ["scp"] = "openid", ["name"] = "scopeless" });

    public string Application(Guid tenant, params string[] appRoles) => Sign(tenant, new()
    {
        ["oid"] = "a0000000-0000-4000-8000-000000000001",
        ["idtyp"] = "app",
        ["app_displayname"] = "Fuzz",
        ["roles"] = appRoles,
    });

    private string Sign(Guid tenant, Dictionary<string, object> claims)
    {
        claims["tid"] = $"{tenant}";
        claims["ver"] = "2.0";
        return handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = $"{issuer}/{tenant}/v2.0",
            Audience = LocalEntraOptions.DefaultApiClientId,
            IssuedAt = issuedAt.UtcDateTime,
            NotBefore = issuedAt.UtcDateTime,
            Expires = issuedAt.UtcDateTime.AddHours(24),
            Claims = claims,
            SigningCredentials = credentials,
        });
    }
}
