using System.Diagnostics.Metrics;
using EngageCenter.Portal.Api;
using EngageCenter.Portal.Hosting;
using EngageCenter.Portal.Layout;
using EngageCenter.Portal.Parts;
using EngageCenter.Portal.SignIn;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EngageCenter.Portal;

/// <summary>Adds the portal to a host. Pages are rendered on the server, from what the web API answers to the person who looks at them.</summary>
public static class PortalHost
{
    private const int ConnectionBufferBytes = 32 * 1024;

    /// <exception cref="SettingException">A setting is invalid; the message says which one and why.</exception>
    public static WebApplicationBuilder AddEngageCenterPortal(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = PortalOptions.Read(builder.Configuration, builder.Environment);
        builder.WebHost.UseUrls(options.Url);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;

            // Limits the bytes that a connection buffers in each direction. The default is 1 MiB.
            (kestrel.Limits.MaxRequestBufferSize, kestrel.Limits.MaxResponseBufferSize) = (ConnectionBufferBytes, ConnectionBufferBytes);
            var addresses = kestrel.ApplicationServices.GetRequiredService<AddressConnections>();
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http1;
                endpoint.Use(addresses.Limit);
            });
        });
        builder.WebHost.UseSockets(sockets => (sockets.MaxReadBufferSize, sockets.MaxWriteBufferSize) = (ConnectionBufferBytes, ConnectionBufferBytes));

        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(provider => new AddressConnections(options.Connections(), provider.GetRequiredService<IMeterFactory>()));
        builder.Services.AddKnownProxies(options.Proxies());
        builder.Services.AddHttpContextAccessor();
        builder.AddSignIn(options);
        builder.Services.AddSessions(options.Sessions);
        builder.Services.AddApi(options);
        builder.Services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = SignInServices.CookieName("engage-center-antiforgery", builder.Environment);
            antiforgery.Cookie.Path = "/";
            antiforgery.Cookie.SecurePolicy = SignInServices.Secure(builder.Environment);
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
        });
        builder.Services.AddRazorComponents();

        // A form without a required field is answered 400 in Development too, where the default is an exception.
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = false);
        builder.Services.AddPersonLimits();
        builder.Services.AddHealthChecks();
        return builder;
    }

    public static WebApplication MapEngageCenterPortal(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var options = app.Services.GetRequiredService<PortalOptions>();
        app.UseKnownProxies($"{PortalOptions.Section}:{nameof(PortalOptions.KnownProxies)}", options.Proxies());
        app.UseMiddleware<HeadRequests>();
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
