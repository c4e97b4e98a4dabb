using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Identity.Client;
using Microsoft.Identity.Web;

namespace EngageCenter.Portal.SignIn;

/// <summary>The token of the person whose request this is.</summary>
internal sealed class PersonToken
{
    public string? Value { get; set; }
}

/// <summary>
/// Gets the person's token before a page is made. Where the issuer gives none any more, because the session has ended or
/// the portal has started anew, the person signs in again and comes back to the page.
/// </summary>
internal static class Tokens
{
    public static void UseTokens(this WebApplication app) => app.Use(async (context, next) =>
    {
        if (context.GetEndpoint()?.Metadata is { } metadata && metadata.GetMetadata<IAuthorizeData>() is not null && metadata.GetMetadata<IAllowAnonymous>() is null && context.User.Identity?.IsAuthenticated == true)
        {
            var options = context.RequestServices.GetRequiredService<PortalOptions>();
            var tokens = context.RequestServices.GetRequiredService<ITokenAcquisition>();
            try
            {
                context.RequestServices.GetRequiredService<PersonToken>().Value = await tokens.GetAccessTokenForUserAsync([options.Scope], user: context.User);
            }
            catch (Exception e) when (e is MsalUiRequiredException or MicrosoftIdentityWebChallengeUserException)
            {
                await context.ChallengeAsync(OpenIdConnectDefaults.AuthenticationScheme);
                return;
            }
        }

        await next(context);
    });
}
