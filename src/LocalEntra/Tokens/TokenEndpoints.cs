namespace EngageCenter.LocalEntra.Tokens;

internal static class TokenEndpoints
{
    public static void MapTokens(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/{tenant}/oauth2/v2.0/token", Issue);

    private static async Task<IResult> Issue(string tenant, HttpContext context, Grants grants, TimeProvider time)
    {
        // RFC 6749, 5.1: tokens must not be cached.
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Pragma = "no-cache";

        var (request, unreadable) = await TokenRequest.ReadAsync(context.Request);
        var (answer, refusal) = request is null ? (null, unreadable) : await grants.DecideAsync(tenant, request, context.RequestAborted);
        if (answer is not null)
        {
            return Results.Json(answer);
        }

        if (refusal!.Status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"LocalEntra\"";
        }

        return TokenErrorAnswer.ToResult(refusal, context.Request, time.GetUtcNow());
    }
}
