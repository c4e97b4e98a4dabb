using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Identity.Web;

namespace EngageCenter.Portal.SignIn;

/// <summary>
/// Lets people sign in with the authorization code flow and PKCE. Their tokens stay on the server, see <see cref="Sessions"/>. The
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
                throw new SettingException($"{setting} must be set. People sign in with it.");
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
                // The callback was loaded again, belongs to a declined sign-in, or was made up. A person with a session continues with it.
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

    /// <summary>Cookies are sent only over https, except on a developer's machine.</summary>
    public static CookieSecurePolicy Secure(IHostEnvironment environment) =>
        environment.IsDevelopment() ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;

    /// <summary>
    /// If cookies are sent only over https, their names get a prefix. Then a browser accepts them only from this host, and neither
    /// another subdomain nor an attacker on the network can replace them.
    /// </summary>
    public static string CookieName(string name, IHostEnvironment environment) => environment.IsDevelopment() ? name : $"__Host-{name}";

    // The form parameter makes the framework check the antiforgery token. FormAgain uses its value.
    public static void MapSignOut(this WebApplication app) => app.MapPost("/signout", ([Microsoft.AspNetCore.Mvc.FromForm] string? back) => Results.SignOut(
        new AuthenticationProperties { RedirectUri = "/" },
        [CookieAuthenticationDefaults.AuthenticationScheme, OpenIdConnectDefaults.AuthenticationScheme])).RequireAuthorization();
}
