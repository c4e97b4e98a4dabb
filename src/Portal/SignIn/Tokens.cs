using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Identity.Client;
using Microsoft.Identity.Web;

namespace EngageCenter.Portal.SignIn;

/// <summary>The token of the person who makes the request.</summary>
internal sealed class PersonToken
{
    public string? Value { get; set; }
}

/// <summary>
/// Gets the person's token before a page is rendered. If the issuer gives none, because the session has ended or the portal was
/// restarted, the person signs in again and comes back to the page.
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
