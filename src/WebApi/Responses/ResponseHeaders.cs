using Scalar.AspNetCore;

namespace EngageCenter.WebApi.Responses;

/// <summary>
/// Sets the headers of every response. API responses are for one caller, so nothing between may store them; a client that
/// keeps its own copy may still revalidate it with the ETag. A page may run only the scripts that come with it.
/// </summary>
internal sealed class ResponseHeaders(RequestDelegate next)
{
    /// <summary>Lets a client find its request again: the value of the request is returned in the response.</summary>
    public const string RequestId = "X-Request-ID";

    private const int MaxRequestId = 128;

    public Task InvokeAsync(HttpContext http)
    {
        // Set at the last moment, because the exception handler clears all headers.
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
                // HEAD works wherever GET does, but the routes do not know it.
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

    // Inline styles are allowed because the page's own script adds them.
    private static string PolicyOf(HttpContext http)
    {
        var nonce = http.Items[ScalarOptions.NonceHttpContextItemKey] is string once ? $" 'nonce-{once}'" : "";
        return $"default-src 'none'; script-src 'self'{nonce}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }
}
