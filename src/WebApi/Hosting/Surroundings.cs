using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Hosting;

/// <summary>
/// Configures what stands between the API and its clients: reverse proxies, and browsers on other origins.
/// </summary>
internal static class Surroundings
{
    private static readonly TimeSpan preflight = TimeSpan.FromMinutes(10);

    public static void AddSurroundings(this IServiceCollection services, WebApiOptions options)
    {
        services.AddKnownProxies(options.Proxies());

        string[] origins = [.. options.AllowedOrigins.Select(Origin)];
        services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(origins)
            .WithMethods("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
            .AllowAnyHeader()
            .WithExposedHeaders("ETag", "Location", "Retry-After", "WWW-Authenticate", "Allow", "Content-Disposition", ResponseHeaders.RequestId)
            .SetPreflightMaxAge(preflight)));
    }

    public static void UseAllowedOrigins(this WebApplication app, WebApiOptions options)
    {
        if (options.AllowedOrigins.Count > 0)
        {
            app.UseCors();
        }
    }

    private static string Origin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http"
            && uri.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase)
            ? origin
            : throw new SettingException($"{WebApiOptions.Section}:AllowedOrigins contains '{origin}'; it must be an origin such as https://portal.example, without a path.");
}
