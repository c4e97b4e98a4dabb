using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Identity.Web;

namespace EngageCenter.Portal.SignIn;

/// <summary>
/// People sign in with the authorization code flow and PKCE. Their tokens stay on the server, as <see cref="Sessions"/> says; the
/// browser has a cookie that no script and no other site can use.
/// </summary>
internal static class SignInServices
{
    public static void AddSignIn(this WebApplicationBuilder builder, PortalOptions options)
    {
        var secure = Secure(builder.Environment);
        foreach (var setting in (string[])["AzureAd:Instance", "AzureAd:ClientId"])
        {
            if (string.IsNullOrWhiteSpace(builder.Configuration[setting]))
            {
                throw new SettingException($"{setting} must be set, by which people sign in.");
            }
        }

        builder.Services.AddAuthentication(OpenIdConnectDefaults.AuthenticationScheme)
            .AddMicrosoftIdentityWebApp(builder.Configuration.GetSection("AzureAd"))
            .EnableTokenAcquisitionToCallDownstreamApi([options.Scope]);
        builder.Services.AddAuthorization();
        builder.Services.Configure<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme, cookie =>
        {
            cookie.Cookie.Name = CookieName("engage-center-portal", builder.Environment);
            cookie.Cookie.Path = "/";
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.Cookie.SecurePolicy = secure;
            cookie.ExpireTimeSpan = Sessions.Length;
        });
        builder.Services.Configure<OpenIdConnectOptions>(OpenIdConnectDefaults.AuthenticationScheme, oidc =>
        {
            oidc.ResponseMode = "query";
            oidc.UsePkce = true;
            oidc.CorrelationCookie.SameSite = oidc.NonceCookie.SameSite = SameSiteMode.Lax;
            oidc.CorrelationCookie.SecurePolicy = oidc.NonceCookie.SecurePolicy = secure;
            oidc.Events.OnRemoteFailure = context =>
            {
                // A callback that is loaded again, of a sign-in that was declined, or made up. Who has a session goes on with it.
                context.HandleResponse();
                context.Response.Redirect(context.HttpContext.User.Identity?.IsAuthenticated == true ? "/" : "/error");
                return Task.CompletedTask;
            };
            var redirect = oidc.Events.OnRedirectToIdentityProvider;
            oidc.Events.OnRedirectToIdentityProvider = async context =>
            {
                if (HttpMethods.IsPost(context.Request.Method))
                {
                    context.Properties.RedirectUri = await FormAgain.AddressAsync(context.Request);
                }

                await redirect(context);
            };
        });
        if (options.LocalEntraThumbprint is { } thumbprint)
        {
            builder.Services.TrustLocalEntra(new Uri(builder.Configuration["AzureAd:Instance"]!), thumbprint);
        }
    }

    /// <summary>Cookies go over https alone, except on a developer's machine.</summary>
    public static CookieSecurePolicy Secure(IHostEnvironment environment) =>
        environment.IsDevelopment() ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;

    /// <summary>
    /// Where cookies go over https alone, a browser takes one with this prefix from the very host alone: none of its other
    /// subdomains, and nobody on the way, can put one of theirs in its place.
    /// </summary>
    public static string CookieName(string name, IHostEnvironment environment) => environment.IsDevelopment() ? name : $"__Host-{name}";

    // The parameter makes this an endpoint with a form, so that the framework checks its antiforgery token. The value is for FormAgain.
    public static void MapSignOut(this WebApplication app) => app.MapPost("/signout", ([Microsoft.AspNetCore.Mvc.FromForm] string? back) => Results.SignOut(
        new AuthenticationProperties { RedirectUri = "/" },
        [CookieAuthenticationDefaults.AuthenticationScheme, OpenIdConnectDefaults.AuthenticationScheme])).RequireAuthorization();
}
