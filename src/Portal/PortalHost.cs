using EngageCenter.Portal.Api;
using EngageCenter.Portal.Hosting;
using EngageCenter.Portal.Layout;
using EngageCenter.Portal.Parts;
using EngageCenter.Portal.SignIn;

namespace EngageCenter.Portal;

/// <summary>The portal as a host composes it: pages that are rendered here, of what the web API answers to the person who looks at them.</summary>
public static class PortalHost
{
    /// <exception cref="SettingException">A setting is not usable; the message says which and why.</exception>
    public static WebApplicationBuilder AddEngageCenterPortal(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = PortalOptions.Read(builder.Configuration, builder.Environment);
        builder.WebHost.UseUrls(options.Url);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 5_000;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;
        });

        builder.Services.AddSingleton(options);
        builder.Services.AddHttpContextAccessor();
        builder.AddSignIn(options);
        builder.Services.AddSessions(options.Sessions);
        builder.Services.AddApi(options);
        builder.Services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "engage-center-antiforgery";
            antiforgery.Cookie.SecurePolicy = SignInServices.Secure(builder.Environment);
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
        });
        builder.Services.AddRazorComponents();

        // A form that lacks a field is a bad request in Development too.
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = false);
        builder.Services.AddPersonLimits();
        builder.Services.AddHealthChecks();
        return builder;
    }

    public static WebApplication MapEngageCenterPortal(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        if (!app.Environment.IsDevelopment())
        {
            app.UseHsts();
        }

        app.UsePersonLanguage();
        app.UseSecurityHeaders();
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandlingPath = "/error",
            CreateScopeForErrors = true,
            StatusCodeSelector = fault => fault is SessionsUnavailableException ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError,
        });
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.UseRouting();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseTokens();
        app.UseAntiforgery();
        app.UseRefusedForms();

        app.MapStylesheet();
        app.MapHealth();
        app.MapSignOut();
        app.MapSwitch();
        app.MapLanguage();
        app.MapColumns();
        app.MapExports();
        app.MapRazorComponents<App>().RequireAuthorization();
        return app;
    }
}
