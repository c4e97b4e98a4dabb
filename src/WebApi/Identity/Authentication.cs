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
/// Validation of Microsoft Entra ID's access tokens. On a developer's machine the issuer may be a stand-in on loopback;
/// nothing but configuration differs, save that https is not required.
/// </summary>
internal static class Authentication
{
    public const string Section = "AzureAd";

    public const string Entra = "https://login.microsoftonline.com/";

    // Where the issuer's configuration has the tenant of the token.
    private const string AnyTenant = "{tenantid}";

    // What LocalEntra calls the API where nobody says otherwise.
    private const string LocalClientId = "e0000000-0000-4000-8000-000000000001";

    // What a token of Entra has, and what RFC 9068 gives to access tokens.
    private static readonly string[] types = ["JWT", "at+jwt"];

    // A stand-in that starts anew may have new keys.
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

        // From a name that is no address the library makes one that says nothing of the setting.
        if (!Uri.TryCreate(section["Instance"], UriKind.Absolute, out _))
        {
            throw new SettingException($"{Section}:Instance is '{section["Instance"]}'; it must be the address of Microsoft Entra ID, such as {Entra}.");
        }

        var isDevelopment = builder.Environment.IsDevelopment();
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddMicrosoftIdentityWebApi(section);
        builder.Services.Configure<MicrosoftIdentityOptions>(
            JwtBearerDefaults.AuthenticationScheme,
            // The library's own test for a scope or a role answers 401; ours, per endpoint, says which one is missing.
            entra => entra.AllowWebApiToBeAuthorizedByACL = true);
        builder.Services.Configure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, jwt =>
        {
            jwt.MapInboundClaims = false;
            // IssuerRules says it in words of ours, and the reader of the keys insists on it.
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
        // Before all other services, so that the keys are there when the first request comes.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, IssuerKeysReader>());
    }

    /// <summary>Both ends are required: a token without an end would be good for ever.</summary>
    public static bool IsCurrent(DateTime? from, DateTime? until, DateTimeOffset now, TimeSpan skew) =>
        until is { } end && now.UtcDateTime < end + skew && (from is not { } start || start - skew <= now.UtcDateTime);

    /// <summary>The issuer's configuration says its name, with a place for the tenant of the token if it is that of many tenants.</summary>
    /// <exception cref="SecurityTokenInvalidIssuerException">The token is of another issuer.</exception>
    public static string Issuer(string issuer, SecurityToken token, BaseConfiguration? configuration) =>
        configuration is { Issuer: { Length: > 0 } known }
        && token is JsonWebToken jwt
        && jwt.TryGetPayloadValue<string>("tid", out var tenant)
        && issuer == known.Replace(AnyTenant, tenant, StringComparison.Ordinal)
            ? issuer
            : throw new SecurityTokenInvalidIssuerException("The token is of another issuer.") { InvalidIssuer = issuer };

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

    // In place of the library's manager, which reads on behalf of requests.
    private static void ReadKeys(JwtBearerOptions jwt, bool requireHttps, TimeProvider time, ILogger logger)
    {
        if (!Uri.TryCreate(jwt.MetadataAddress, UriKind.Absolute, out var address))
        {
            // IssuerRules refuses it.
            return;
        }

        jwt.Backchannel.MaxResponseContentBufferSize = MaxDocument;

        // The library's retriever does not hand its token on, so this is what ends a request that hangs.
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
            // What the handler before has decided about the token, if anything.
            if (context.Result is not null || context.Principal?.Identity is not ClaimsIdentity identity)
            {
                return;
            }

            if (context.SecurityToken is not JsonWebToken token)
            {
                context.Fail("The token is not a JSON Web Token.");
                return;
            }

            // RFC 7515: whoever does not know what a header calls critical refuses the token. We know of none.
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
            // What the handler before has decided about the token, if anything.
            if (context.Result is not null || context.Options.ConfigurationManager is not IssuerKeys keys)
            {
                return;
            }

            if (keys.Current is null && context.Exception is (SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidIssuerException))
            {
                // Else a good token would be refused as a bad one for as long as the issuer is silent.
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
