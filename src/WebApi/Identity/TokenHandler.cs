using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Validates a token in full, as Microsoft.Identity.Web has set it up, unless <see cref="TokenMemory"/> has the caller of the
/// very same token.
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

        // Before the validation begins: see TokenMemory.Keep.
        var rules = new TokenRules(Options, (Options.ConfigurationManager as IssuerKeys)?.CurrentSet);
        return api.RememberedTokens.Enabled && memory.Recall(token, rules, time.GetUtcNow()) is { } caller
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
        // At each use: whose app roles count is a setting.
        Context.Features.Set(caller is ApplicationCaller application && !Authentication.TrustsApplicationsOf(application.TenantId, api, environment)
            ? application with { AppRoles = [] }
            : caller);

        // Endpoints know the caller by this feature. No claim goes on, so none can be missing where a token was remembered.
        return AuthenticateResult.Success(new(new ClaimsPrincipal(new ClaimsIdentity(Scheme.Name)), Scheme.Name));
    }
}
