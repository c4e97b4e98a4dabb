using System.Security.Cryptography;

namespace EngageCenter.Portal.Hosting;

/// <summary>The style sheet of all pages. Its address changes with its content, so a browser asks for each version once.</summary>
internal static class Stylesheet
{
    private static readonly byte[] content = Read();

    public static string Href { get; } = $"/portal.{Convert.ToHexStringLower(SHA256.HashData(content))[..12]}.css";

    public static void MapStylesheet(this WebApplication app) => app.MapGet(Href, (HttpContext context) =>
    {
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return Results.Bytes(content, "text/css; charset=utf-8");
    }).AllowAnonymous().DisableRateLimiting();

    private static byte[] Read()
    {
        using var stream = typeof(Stylesheet).Assembly.GetManifestResourceStream("portal.css")!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
