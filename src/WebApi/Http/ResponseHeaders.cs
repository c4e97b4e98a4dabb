namespace EngageCenter.WebApi.Http;

/// <summary>Headers of every answer of the API: it is one caller's, and may be kept only to ask whether it still holds.</summary>
internal sealed class ResponseHeaders(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        // At the last moment: the answer to a fault begins with no headers at all.
        http.Response.OnStarting(() =>
        {
            http.Response.Headers.XContentTypeOptions = "nosniff";
            if (http.Request.Path.StartsWithSegments("/v1"))
            {
                http.Response.Headers.CacheControl = "private, no-cache";
            }

            return Task.CompletedTask;
        });
        return next(http);
    }
}
