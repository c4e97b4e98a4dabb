using Scalar.AspNetCore;

namespace EngageCenter.WebApi.Responses;

/// <summary>
/// Headers of every answer. What the API answers is one caller's, so nothing on the way may keep it; a client that keeps
/// a copy of its own may still ask by its ETag whether it holds. A page runs the scripts that come with it, and no other.
/// </summary>
internal sealed class ResponseHeaders(RequestDelegate next)
{
    /// <summary>By which a client finds its request again; what it sends comes back.</summary>
    public const string RequestId = "X-Request-ID";

    private const int MaxRequestId = 128;

    public Task InvokeAsync(HttpContext http)
    {
        // At the last moment: the answer to a fault begins with no headers at all.
        http.Response.OnStarting(() =>
        {
            var headers = http.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            if (http.Request.Path.StartsWithSegments("/v1") || http.Request.Path.StartsWithSegments("/access/v1"))
            {
                headers.CacheControl = "no-store";
            }

            if (http.Request.Headers[RequestId] is [{ Length: > 0 and <= MaxRequestId } id] && id.All(c => c is > ' ' and <= '~'))
            {
                headers[RequestId] = id;
            }

            if (http.Response.StatusCode == StatusCodes.Status405MethodNotAllowed && headers.Allow.ToString().Split(", ") is var methods
                && methods.Contains(HttpMethods.Get) && !methods.Contains(HttpMethods.Head))
            {
                // Where there is GET there is HEAD, of which the routes know nothing.
                headers.Allow = string.Join(", ", methods.Append(HttpMethods.Head));
            }

            if (http.Response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) == true)
            {
                headers.ContentSecurityPolicy = PolicyOf(http);
            }

            return Task.CompletedTask;
        });
        return next(http);
    }

    // Styles are put into the page by its own script.
    private static string PolicyOf(HttpContext http)
    {
        var nonce = http.Items[ScalarOptions.NonceHttpContextItemKey] is string once ? $" 'nonce-{once}'" : "";
        return $"default-src 'none'; script-src 'self'{nonce}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }
}
