using System.Threading.RateLimiting;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Identity;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.RateLimiting;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Refuses requests from an address that sent too many invalid tokens, before the token is looked at. Many people may share
/// an address, so only failures count, and a caller whose token was found valid before is still served.
/// </summary>
internal sealed class AddressLimit(RequestDelegate next, FailedTokens failures)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<DisableRateLimitingAttribute>() is not null || !NeedsCaller(http))
        {
            await next(http);
            return;
        }

        if (failures.Refuse(http) is { } refusal)
        {
            await refusal.ExecuteAsync(http);
            return;
        }

        await next(http);
        // A request without a token does not count: there is nothing to validate, and a 401 costs no more than a 429.
        if (http.Request.Headers.Authorization.Count > 0
            && http.Features.Get<Caller>() is null
            && (http.Response.StatusCode == StatusCodes.Status401Unauthorized
                || http.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Failure is not null))
        {
            failures.Count(http);
        }
    }

    // Requests that need no token and send none are counted by RateLimits.
    private static bool NeedsCaller(HttpContext http) =>
        http.Request.Headers.Authorization.Count > 0 || http.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>() is not null;
}

/// <summary>Counts the requests with invalid tokens of each address.</summary>
internal sealed class FailedTokens(WebApiOptions options, TokenMemory tokens, TimeProvider time) : IDisposable
{
    private readonly PartitionedRateLimiter<HttpContext> perAddress = PartitionedRateLimiter.Create<HttpContext, string>(http =>
        RateLimitPartition.GetFixedWindowLimiter(AddressConnections.KeyOf(http.Connection.RemoteIpAddress), _ => new()
        {
            PermitLimit = options.RateLimit.FailuresPerMinute,
            Window = TimeSpan.FromMinutes(1),
            QueueLimit = 0,
        }));

    /// <summary>
    /// Returns the refusal if the address has used up its failures and the token is not known to be valid.
    /// </summary>
    public IResult? Refuse(HttpContext http)
    {
        using var any = perAddress.AttemptAcquire(http, permitCount: 0);
        return any.IsAcquired || (TokenHash.Of(http) is { } token && tokens.Knows(token, time.GetUtcNow()))
            ? null
            : Problems.TooManyRequests.Answer("Too many requests from this address had an invalid token. Wait for the time in Retry-After.");
    }

    public void Count(HttpContext http) => perAddress.AttemptAcquire(http).Dispose();

    public void Dispose() => perAddress.Dispose();
}
