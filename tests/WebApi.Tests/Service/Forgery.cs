using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Creates tokens that LocalEntra does not issue, by changing and signing a real one.</summary>
internal sealed class Forgery(RunningService service, string real)
{
    private static readonly JsonWebTokenHandler handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly JsonWebToken token = new(real);

    /// <summary>The time that the service uses.</summary>
    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>Returns the token with these claims replaced; null removes a claim.</summary>
    public string With(params (string Name, object? Value)[] changes)
    {
        using var key = service.EntraKey();
        return Sign(key, changes);
    }

    public string SignedByAnother()
    {
        using var key = RSA.Create(2048);
        return Sign(key);
    }

    public string Unsigned() => $"{Encoded("{\"alg\":\"none\",\"typ\":\"JWT\"}")}.{token.EncodedPayload}.";

    /// <summary>Signs with HMAC, using the public key, which everybody has, as the secret.</summary>
    public string SignedWithThePublicKey()
    {
        using var key = service.EntraKey();
        var head = $"{Encoded($"{{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"{token.Kid}\"}}")}.{token.EncodedPayload}";
        var mac = HMACSHA256.HashData(key.ExportSubjectPublicKeyInfo(), System.Text.Encoding.ASCII.GetBytes(head));
        return $"{head}.{Base64UrlEncoder.Encode(mac)}";
    }

    /// <summary>Returns other claims with the signature of the real token.</summary>
    public string Tampered()
    {
        var payload = Base64UrlEncoder.Decode(token.EncodedPayload).Replace(
            TestDirectory.Contoso, TestDirectory.Fabrikam, StringComparison.Ordinal);
        return $"{token.EncodedHeader}.{Encoded(payload)}.{token.EncodedSignature}";
    }

    public static long Seconds(TimeSpan fromNow) => (Now + fromNow).ToUnixTimeSeconds();

    private string Sign(RSA rsa, params (string Name, object? Value)[] changes)
    {
        var claims = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var claim in token.Claims.GroupBy(c => c.Type))
        {
            claims[claim.Key] = claim.Key is "groups" or "roles"
                ? claim.Select(c => c.Value).ToArray()
                : claim.First() is { ValueType: ClaimValueTypes.Integer or ClaimValueTypes.Integer32 or ClaimValueTypes.Integer64 } number
                    ? long.Parse(number.Value, System.Globalization.CultureInfo.InvariantCulture)
                    : claim.First().Value;
        }

        foreach (var (name, value) in changes)
        {
            claims.Remove(name);
            if (value is not null)
            {
                claims[name] = value;
            }
        }

        var key = new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: true)) { KeyId = token.Kid };
        var payload = System.Text.Json.JsonSerializer.Serialize(claims);
        return handler.CreateToken(payload, new SigningCredentials(key, SecurityAlgorithms.RsaSha256));
    }

    private static string Encoded(string json) => Base64UrlEncoder.Encode(json);
}
