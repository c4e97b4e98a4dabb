using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Identity.Web;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Validation of Microsoft Entra ID's access tokens. On a developer's machine the issuer may be a stand-in on loopback;
/// nothing but configuration differs, save for the two things that the library cannot do without https.
/// </summary>
internal static class Authentication
{
    public const string Section = "AzureAd";

    private const string Entra = "https://login.microsoftonline.com/";

    // What LocalEntra calls the API where nobody says otherwise.
    private const string LocalClientId = "e0000000-0000-4000-8000-000000000001";

    public static void AddEntra(this IHostApplicationBuilder builder, WebApiOptions options)
    {
        AddDefaults(builder);
        var section = builder.Configuration.GetSection(Section);
        var instance = Instance(section);
        var loopback = IsLoopback(instance);
        Refuse(builder.Environment, section, instance);

        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddMicrosoftIdentityWebApi(section);
        builder.Services.Configure<MicrosoftIdentityOptions>(
            JwtBearerDefaults.AuthenticationScheme,
            // The library's own test for a scope or a role answers 401; ours, per endpoint, says which one is missing.
            entra => entra.AllowWebApiToBeAuthorizedByACL = true);
        builder.Services.Configure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, jwt =>
        {
            jwt.MapInboundClaims = false;
            jwt.RequireHttpsMetadata = !loopback;
            if (loopback)
            {
                // A stand-in that starts anew may have new keys.
                jwt.RefreshInterval = TimeSpan.FromSeconds(1);
            }
        });
        builder.Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).PostConfigure<TimeProvider>((jwt, time) =>
        {
            var validation = jwt.TokenValidationParameters;
            validation.ClockSkew = options.ClockSkew;
            validation.LifetimeValidator = (from, until, _, parameters) => IsCurrent(from, until, time.GetUtcNow(), parameters.ClockSkew);
            if (loopback)
            {
                validation.IssuerValidator = (issuer, token, _) => LoopbackIssuer(instance, issuer, token);
            }

            Observe(jwt, time, tenant => TrustsApplicationsOf(tenant, options, builder.Environment));
        });

    }

    /// <summary>Both ends are required: a token without an end would be good for ever.</summary>
    public static bool IsCurrent(DateTime? from, DateTime? until, DateTimeOffset now, TimeSpan skew) =>
        until is { } end && now.UtcDateTime < end + skew && (from is not { } start || start - skew <= now.UtcDateTime);

    /// <summary>As the library has it for Entra: the issuer is the one of the token's own tenant.</summary>
    /// <exception cref="SecurityTokenInvalidIssuerException">It is another.</exception>
    public static string LoopbackIssuer(Uri instance, string issuer, SecurityToken token) =>
        token is JsonWebToken jwt
        && jwt.TryGetPayloadValue<string>("tid", out var tenant)
        && issuer == $"{instance.GetLeftPart(UriPartial.Authority)}{instance.AbsolutePath.TrimEnd('/')}/{tenant}/v2.0"
            ? issuer
            : throw new SecurityTokenInvalidIssuerException("The issuer is not the stand-in of this machine.");

    public static bool IsLoopback(Uri instance) => instance.IsLoopback || instance.Scheme != Uri.UriSchemeHttps;

    /// <summary>App roles are given by each tenant's own administrator, so only those of the operator's tenants count.</summary>
    public static bool TrustsApplicationsOf(Guid tenant, WebApiOptions options, IHostEnvironment environment) =>
        options.ApplicationTenants.Count == 0 ? environment.IsDevelopment() : options.ApplicationTenants.Contains(tenant);

    // Below whatever the host configures: on a developer's machine nothing needs to be set.
    private static void AddDefaults(IHostApplicationBuilder builder)
    {
        var defaults = new Dictionary<string, string?>
        {
            [$"{Section}:Instance"] = Entra,
            [$"{Section}:TenantId"] = "organizations",
        };
        if (builder.Environment.IsDevelopment())
        {
            defaults[$"{Section}:Instance"] = builder.Configuration["LocalEntra:Url"] ?? "http://localhost:8081";
            defaults[$"{Section}:ClientId"] = builder.Configuration["LocalEntra:ApiClientId"] ?? LocalClientId;
        }

        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = defaults });
    }

    private static Uri Instance(IConfigurationSection section) =>
        Uri.TryCreate(section["Instance"], UriKind.Absolute, out var instance) && instance.Scheme is "https" or "http"
            ? instance
            : throw new InvalidOperationException($"{Section}:Instance is '{section["Instance"]}'; it must be the address of Microsoft Entra ID, such as {Entra}.");

    private static void Refuse(IHostEnvironment environment, IConfigurationSection section, Uri instance)
    {
        if (string.IsNullOrWhiteSpace(section["ClientId"]))
        {
            throw new InvalidOperationException($"{Section}:ClientId is required: the application (client) id of this API's registration in Microsoft Entra ID.");
        }

        if (IsLoopback(instance) && !environment.IsDevelopment())
        {
            throw new InvalidOperationException(
                $"{Section}:Instance is '{instance}'. An issuer on loopback or without https gives tokens to whoever asks, and is trusted in the environment 'Development' only; this one is '{environment.EnvironmentName}'.");
        }
    }

    private static void Observe(JwtBearerOptions jwt, TimeProvider time, Func<Guid, bool> trustsApplicationsOf)
    {
        var validated = jwt.Events.OnTokenValidated;
        jwt.Events.OnTokenValidated = async context =>
        {
            await validated(context);
            if (context.Result is not null || context.Principal?.Identity is not ClaimsIdentity identity)
            {
                return;
            }

            var (caller, fault) = CallerClaims.Read(identity, time.GetUtcNow() + context.Options.TokenValidationParameters.ClockSkew);
            if (caller is null)
            {
                context.Fail(fault!);
                return;
            }

            context.HttpContext.Features.Set(
                caller is ApplicationCaller application && !trustsApplicationsOf(application.TenantId)
                    ? application with { AppRoles = [] }
                    : caller);
        };

        var failed = jwt.Events.OnAuthenticationFailed;
        jwt.Events.OnAuthenticationFailed = async context =>
        {
            await failed(context);
            if (context.Result is null && !await CanReadKeys(context))
            {
                // Else a good token would be refused as a bad one for as long as the issuer is silent.
                context.HttpContext.Features.Set(new IssuerSilence());
                context.Fail("The issuer's signing keys cannot be read now.");
            }
        };
    }

    private static async Task<bool> CanReadKeys(AuthenticationFailedContext context)
    {
        try
        {
            return context.Options.ConfigurationManager is not { } manager
                || await manager.GetConfigurationAsync(context.HttpContext.RequestAborted) is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
