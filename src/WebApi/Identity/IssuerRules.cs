using System.Net;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Checks whose tokens are believed, on the options that are in effect: whatever setting, environment variable or named
/// scheme they come from. Outside Development the issuer is an https address on another machine. Nothing may switch a
/// part of the validation off, or name an issuer or a key besides.
/// </summary>
internal sealed class IssuerRules(IHostEnvironment environment) : IValidateOptions<JwtBearerOptions>
{
    private const string Schemes = "Authentication:Schemes:Bearer";

    public ValidateOptionsResult Validate(string? name, JwtBearerOptions options)
    {
        if (name != JwtBearerDefaults.AuthenticationScheme)
        {
            // No endpoint takes a token by any other scheme.
            return ValidateOptionsResult.Skip;
        }

        var refusal = RefusalOfSwitches(options) ?? RefusalOf(options.Authority) ?? RefusalOf(options.MetadataAddress);
        return refusal is null ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(refusal);
    }

    /// <summary>Whether a host name or address is this machine's, as far as it shows.</summary>
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
            : $"{Authentication.Section} names the issuer '{address}', by Instance, Authority or MetadataAddress. An issuer on this machine or without https gives tokens to whoever asks, and is trusted in the environment 'Development' only; this one is '{environment.EnvironmentName}'.";
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
            $"{Authentication.Section} or {Schemes} sets {s.Name}. Tokens are validated in full, with the keys that the issuer publishes.").FirstOrDefault();
    }
}
