using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Options;
using Microsoft.Identity.Web;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Sets up the validation of Microsoft Entra ID's access tokens. In Development the issuer may be a stand-in on loopback;
/// only the configuration differs then, and https is not required.
/// </summary>
internal static class Authentication
{
    public const string Section = "AzureAd";

    public const string Entra = "https://login.microsoftonline.com/";

    // The placeholder for the token's tenant in the issuer's name.
    private const string AnyTenant = "{tenantid}";

    // LocalEntra's default for the API's client id.
    private const string LocalClientId = "e0000000-0000-4000-8000-000000000001";

    // Entra's type, and the type of access tokens by RFC 9068.
    private static readonly string[] types = ["JWT", "at+jwt"];

    // Short in Development, because a stand-in that restarts may have new keys.
    private static readonly TimeSpan shortestInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan shortestLocalInterval = TimeSpan.FromSeconds(1);

    private const long MaxDocument = 1 << 20;

    public static void AddEntra(this IHostApplicationBuilder builder, WebApiOptions options)
    {
        AddDefaults(builder);
        var section = builder.Configuration.GetSection(Section);
        if (string.IsNullOrWhiteSpace(section["ClientId"]))
        {
            throw new SettingException($"{Section}:ClientId is required: the application (client) id of this API's registration in Microsoft Entra ID.");
        }

        // For a value that is not an address the library throws an error that does not name the setting.
        if (!Uri.TryCreate(section["Instance"], UriKind.Absolute, out _))
        {
            throw new SettingException($"{Section}:Instance is '{section["Instance"]}'; it must be the address of Microsoft Entra ID, such as {Entra}.");
        }

        var isDevelopment = builder.Environment.IsDevelopment();
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddMicrosoftIdentityWebApi(section);
        builder.Services.Configure<MicrosoftIdentityOptions>(
            JwtBearerDefaults.AuthenticationScheme,
            // The library answers 401 if a scope or role is missing. Ours is per endpoint and says which one is missing.
            entra => entra.AllowWebApiToBeAuthorizedByACL = true);
        builder.Services.Configure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, jwt =>
        {
            jwt.MapInboundClaims = false;
            // IssuerRules checks it with a better message, and the reader of the keys requires https again.
            jwt.RequireHttpsMetadata = false;
        });
        builder.Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .PostConfigure<TimeProvider, ILogger<IssuerKeys>>((jwt, time, logger) =>
            {
                ReadKeys(jwt, requireHttps: !isDevelopment, time, logger);
                var validation = jwt.TokenValidationParameters;
                validation.ClockSkew = options.ClockSkew;
                validation.LifetimeValidator = (from, until, _, parameters) => IsCurrent(from, until, time.GetUtcNow(), parameters.ClockSkew);
                validation.ValidTypes = types;

                // The library's own validator reads the issuer's configuration a second time, during a request.
                validation.IssuerValidator = null;
                validation.IssuerValidatorUsingConfiguration = (issuer, token, _, configuration) => Issuer(issuer, token, configuration);
                Observe(jwt, time);
            })
            .ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<JwtBearerOptions>, IssuerRules>();
        builder.Services.AddSingleton<TokenMemory>();
        builder.Services.AddTransient<TokenHandler>();
        builder.Services.Configure<AuthenticationOptions>(schemes => schemes.SchemeMap[JwtBearerDefaults.AuthenticationScheme].HandlerType = typeof(TokenHandler));
        // Registered before all other services, so that the keys are read before the first request.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, IssuerKeysReader>());
    }

    /// <summary>
    /// Returns whether the token is valid now. An end is required: without one the token would be valid for ever.
    /// </summary>
    public static bool IsCurrent(DateTime? from, DateTime? until, DateTimeOffset now, TimeSpan skew) =>
        until is { } end && now.UtcDateTime < end + skew && (from is not { } start || start - skew <= now.UtcDateTime);

    /// <summary>
    /// Returns the issuer if it is the configured one. The issuer's configuration contains its name, with a placeholder for
    /// the token's tenant if it issues for many tenants.
    /// </summary>
    /// <exception cref="SecurityTokenInvalidIssuerException">The token comes from another issuer.</exception>
    public static string Issuer(string issuer, SecurityToken token, BaseConfiguration? configuration) =>
        configuration is { Issuer: { Length: > 0 } known }
        && token is JsonWebToken jwt
        && jwt.TryGetPayloadValue<string>("tid", out var tenant)
        && issuer == known.Replace(AnyTenant, tenant, StringComparison.Ordinal)
            ? issuer
            : throw new SecurityTokenInvalidIssuerException("The token comes from another issuer.") { InvalidIssuer = issuer };

    /// <summary>
    /// Returns whether app roles of the tenant count. Each tenant's administrator grants app roles, so only the operator's
    /// tenants are trusted.
    /// </summary>
    public static bool TrustsApplicationsOf(Guid tenant, WebApiOptions options, IHostEnvironment environment) =>
        options.ApplicationTenants.Count == 0 ? environment.IsDevelopment() : options.ApplicationTenants.Contains(tenant);

    // Inserted below all other configuration, so that nothing needs to be set in Development.
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

    // Replaces the library's manager, which reads the keys during requests.
    private static void ReadKeys(JwtBearerOptions jwt, bool requireHttps, TimeProvider time, ILogger logger)
    {
        if (!Uri.TryCreate(jwt.MetadataAddress, UriKind.Absolute, out var address))
        {
            // IssuerRules refuses it.
            return;
        }

        jwt.Backchannel.MaxResponseContentBufferSize = MaxDocument;

        // The library's retriever does not pass its cancellation token on, so this timeout ends a request that hangs.
        jwt.Backchannel.Timeout = IssuerKeys.ReadTimeout;
        jwt.ConfigurationManager = new IssuerKeys(
            jwt.MetadataAddress,
            new HttpDocumentRetriever(jwt.Backchannel) { RequireHttps = requireHttps },
            IssuerRules.IsThisMachine(address) ? shortestLocalInterval : shortestInterval,
            time,
            logger);
    }

    private static void Observe(JwtBearerOptions jwt, TimeProvider time)
    {
        var validated = jwt.Events.OnTokenValidated;
        jwt.Events.OnTokenValidated = async context =>
        {
            await validated(context);
            // An earlier handler may have decided about the token already.
            if (context.Result is not null || context.Principal?.Identity is not ClaimsIdentity identity)
            {
                return;
            }

            if (context.SecurityToken is not JsonWebToken token)
            {
                context.Fail("The token is not a JSON Web Token.");
                return;
            }

            // RFC 7515: a token with a critical header that the receiver does not know must be refused. We know none.
            if (token.TryGetHeaderValue<object>("crit", out _))
            {
                context.Fail("The token has critical headers.");
                return;
            }

            var (caller, fault) = CallerClaims.Read(identity, time.GetUtcNow() + context.Options.TokenValidationParameters.ClockSkew);
            if (caller is null)
            {
                context.Fail(fault!);
                return;
            }

            context.HttpContext.Features.Set(new ValidatedToken(
                caller,
                new(token.ValidFrom > token.IssuedAt ? token.ValidFrom : token.IssuedAt, TimeSpan.Zero),
                new(token.ValidTo, TimeSpan.Zero)));
        };

        var failed = jwt.Events.OnAuthenticationFailed;
        jwt.Events.OnAuthenticationFailed = async context =>
        {
            await failed(context);
            // An earlier handler may have decided about the token already.
            if (context.Result is not null || context.Options.ConfigurationManager is not IssuerKeys keys)
            {
                return;
            }

            if (keys.Current is null && context.Exception is (SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidIssuerException))
            {
                // Otherwise a valid token would be answered with 401 for as long as the issuer does not respond.
                context.HttpContext.Features.Set(new IssuerSilence());
                context.Fail("The issuer's signing keys cannot be read now.");
            }
            else if (context.Exception is SecurityTokenSignatureKeyNotFoundException)
            {
                keys.ReadSoon();
            }
        };
    }
}
