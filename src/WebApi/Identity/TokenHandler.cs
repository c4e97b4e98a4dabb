using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Returns the remembered caller of a token that <see cref="TokenMemory"/> holds. Any other token is validated in full, as
/// Microsoft.Identity.Web has set it up.
/// </summary>
internal sealed class TokenHandler(
    IOptionsMonitor<JwtBearerOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    TokenMemory memory, WebApiOptions api, IHostEnvironment environment, TimeProvider time) : JwtBearerHandler(options, logger, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (TokenHash.Of(Context) is not { } token)
        {
            return base.HandleAuthenticateAsync();
        }

        // Read before the validation starts; see TokenMemory.Keep.
        var rules = new TokenRules(Options, (Options.ConfigurationManager as IssuerKeys)?.CurrentSet);
        return api.RememberedTokens.Enabled && memory.Find(token, rules, time.GetUtcNow()) is { } caller
            ? Task.FromResult(Accept(caller))
            : ValidateAsync(token, rules);
    }

    private async Task<AuthenticateResult> ValidateAsync(TokenHash token, TokenRules rules)
    {
        var result = await base.HandleAuthenticateAsync();
        if (result.Succeeded && Context.Features.Get<ValidatedToken>() is { } validated)
        {
            memory.Keep(token, validated, rules);
            return Accept(validated.Caller);
        }

        memory.Forget(token);
        return result;
    }

    private AuthenticateResult Accept(Caller caller)
    {
        // Checked at each use, because the trusted tenants are a setting.
        Context.Features.Set(caller is ApplicationCaller application && !Authentication.TrustsApplicationsOf(application.TenantId, api, environment)
            ? application with { AppRoles = [] }
            : caller);

        // Endpoints read the caller from this feature. No claims are passed on, so that a remembered token behaves like a
        // validated one.
        return AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity(Scheme.Name)), Scheme.Name));
    }
}
