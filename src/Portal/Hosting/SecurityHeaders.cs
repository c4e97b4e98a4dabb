namespace EngageCenter.Portal.Hosting;

/// <summary>Says what a browser may do with the pages: show them with their own style sheet, and send their forms. They have no script.</summary>
internal static class SecurityHeaders
{
    public static void UseSecurityHeaders(this WebApplication app)
    {
        // The sign-out form is answered with a redirect to the issuer, which browsers check as a target of the form.
        var issuer = new Uri(app.Services.GetRequiredService<PortalOptions>().LocalEntraUrl ?? app.Configuration["AzureAd:Instance"]!).GetLeftPart(UriPartial.Authority);
        var policy = $"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {issuer}; base-uri 'self'; frame-ancestors 'none'";
        app.Use((context, next) =>
        {
            context.Response.OnStarting(() =>
            {
                var headers = context.Response.Headers;
                headers.ContentSecurityPolicy = policy;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "same-origin";
                headers["Cross-Origin-Opener-Policy"] = "same-origin";
                headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";

                // The browser keeps no page, so 'back' asks the server again, also after a revocation.
                if (string.IsNullOrEmpty(headers.CacheControl) || headers.CacheControl.ToString().StartsWith("no-cache", StringComparison.Ordinal))
                {
                    headers.CacheControl = "no-store";
                }

                return Task.CompletedTask;
            });
            return next(context);
        });
    }
}
