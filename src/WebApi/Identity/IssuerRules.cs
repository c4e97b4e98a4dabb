using System.Net;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Checks at start which issuer is trusted, on the effective options, whatever setting, environment variable or named scheme
/// they come from. Outside Development the issuer must be an https address on another machine. No setting may switch a part
/// of the validation off, or add an issuer or a key.
/// </summary>
internal sealed class IssuerRules(IHostEnvironment environment) : IValidateOptions<JwtBearerOptions>
{
    private const string Schemes = "Authentication:Schemes:Bearer";

    public ValidateOptionsResult Validate(string? name, JwtBearerOptions options)
    {
        if (name != JwtBearerDefaults.AuthenticationScheme)
        {
            // No endpoint accepts tokens of another scheme.
            return ValidateOptionsResult.Skip;
        }

        var refusal = RefusalOfSwitches(options) ?? RefusalOf(options.Authority) ?? RefusalOf(options.MetadataAddress);
        return refusal is null ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(refusal);
    }

    /// <summary>Returns whether a host name or address is recognizably this machine's.</summary>
    public static bool IsThisMachine(Uri address)
    {
        var host = address.IdnHost.TrimEnd('.');
        if (IPAddress.TryParse(host.Trim('[', ']'), out var ip))
        {
            var plain = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
            return IPAddress.IsLoopback(plain) || plain.Equals(IPAddress.Any) || plain.Equals(IPAddress.IPv6Any);
        }

        return address.IsLoopback
            || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    private string? RefusalOf(string? address)
    {
        if (string.IsNullOrEmpty(address))
        {
            return $"{Authentication.Section} names no issuer.";
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http"))
        {
            return $"{Authentication.Section} names the issuer '{address}'; it must be an https address such as {Authentication.Entra}.";
        }

        return environment.IsDevelopment() || (uri.Scheme == Uri.UriSchemeHttps && !IsThisMachine(uri))
            ? null
            : $"{Authentication.Section} names the issuer '{address}', in Instance, Authority or MetadataAddress. An issuer on this machine or without https may give tokens to anybody, so it is trusted only in the environment 'Development'. This environment is '{environment.EnvironmentName}'.";
    }

    private static string? RefusalOfSwitches(JwtBearerOptions options)
    {
        var validation = options.TokenValidationParameters;
        (bool IsRefused, string Name)[] switches =
        [
            (!validation.ValidateIssuer, "ValidateIssuer=false"),
            (!validation.ValidateAudience, "ValidateAudience=false"),
            (!validation.ValidateLifetime, "ValidateLifetime=false"),
            (!validation.RequireSignedTokens, "RequireSignedTokens=false"),
            (!validation.RequireExpirationTime, "RequireExpirationTime=false"),
            (!validation.RequireAudience, "RequireAudience=false"),
            (options.UseSecurityTokenValidators, "UseSecurityTokenValidators=true"),
            (!string.IsNullOrEmpty(validation.ValidIssuer) || validation.ValidIssuers?.Any(i => !string.IsNullOrEmpty(i)) == true, "an issuer (ValidIssuer, ValidIssuers)"),
            (validation.IssuerSigningKey is not null || validation.IssuerSigningKeys?.Any() == true, "a signing key (SigningKeys, IssuerSigningKey)"),
            (options.Configuration is not null, "a Configuration"),
        ];
        return switches.Where(s => s.IsRefused).Select(s =>
            $"{Authentication.Section} or {Schemes} sets {s.Name}. Remove this setting: tokens are always validated in full, with the keys that the issuer publishes.").FirstOrDefault();
    }
}
