namespace EngageCenter.WebApi.Responses;

/// <summary>Answers HEAD like GET, with the same headers. The server leaves out the body of what came as HEAD.</summary>
internal sealed class HeadRequests(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext http)
    {
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

/// <summary>Set for what came as HEAD: nobody reads the body, so an answer without an end must not begin.</summary>
internal sealed record HeadRequest;
