using System.Security.Cryptography;
using System.Text;
using EngageCenter.LocalEntra.Tenants;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.LocalEntra.Tokens;

/// <summary>Writes what all tokens of a tenant have in common: issuer, times, version, signature.</summary>
internal sealed class TokenWriter(LocalEntraOptions options, SigningKey key, BaseAddress address)
{
    private readonly JsonWebTokenHandler handler = new();

    /// <summary>The lifetime of tokens, in seconds.</summary>
    public int Lifetime { get; } = (int)options.TokenLifetime.TotalSeconds;

    public string Sign(Tenant tenant, string audience, Dictionary<string, object> claims, DateTimeOffset issuedAt)
    {
        var now = issuedAt.UtcDateTime;
        claims["tid"] = tenant.Id.ToString();
        claims["ver"] = "2.0";
        claims["uti"] = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(16));

        return handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = address.Issuer(tenant.Id.ToString()),
            Audience = audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now.AddSeconds(Lifetime),
            Claims = claims,
            SigningCredentials = key.Credentials,
        });
    }

    /// <summary>Returns the claims that identify a person, in any token.</summary>
    /// <param name="audience">
    /// As in Entra, the subject is pairwise: it differs for each audience, so that nobody mistakes it for the object id.
    /// </param>
    public static Dictionary<string, object> Identity(User user, string audience)
    {
        var claims = new Dictionary<string, object>
        {
            ["oid"] = user.Id.ToString(),
            ["sub"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.UTF8.GetBytes($"{user.Id}/{audience}"))),
            ["name"] = user.DisplayName,
            ["preferred_username"] = user.UserPrincipalName,
            ["acct"] = user.UserType == UserType.Guest ? 1 : 0,
        };

        if (user.Mail is { Length: > 0 } mail)
        {
            claims["email"] = mail;
        }

        return claims;
    }
}
