using Microsoft.AspNetCore.Http;

namespace EngageCenter;

/// <summary>Answers HEAD like GET, with the same headers. The server does not send the body of a response to HEAD.</summary>
public sealed class HeadRequests(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await next(http);
            return;
        }

        http.Request.Method = HttpMethods.Get;
        http.Features.Set(new HeadRequest());
        try
        {
            await next(http);
        }
        finally
        {
            http.Request.Method = HttpMethods.Head;
        }
    }
}

/// <summary>Marks a HEAD request: nobody reads the body, so a response without an end must not start.</summary>
public sealed record HeadRequest;
