using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Identity;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.RateLimiting;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Bounds the requests of one address whose token is not valid, before the token is looked at. An address may be that of
/// many people: only failures count, and whoever was found valid lately goes on while the address is refused.
/// </summary>
internal sealed class AddressLimit(RequestDelegate next, FailedTokens failures)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<DisableRateLimitingAttribute>() is not null || !IsOfACaller(http))
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
        // Without a token there is nothing to look at, and a 401 costs what a 429 does.
        if (http.Request.Headers.Authorization.Count > 0
            && http.Features.Get<Caller>() is null
            && (http.Response.StatusCode == StatusCodes.Status401Unauthorized
                || http.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Failure is not null))
        {
            failures.Count(http);
        }
    }

    // Who needs no token and sends none is counted elsewhere.
    private static bool IsOfACaller(HttpContext http) =>
        http.Request.Headers.Authorization.Count > 0 || http.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>() is not null;
}

/// <summary>What the failures of each address come to.</summary>
internal sealed class FailedTokens(WebApiOptions options, TokenMemory tokens, TimeProvider time) : IDisposable
{
    private readonly PartitionedRateLimiter<HttpContext> perAddress = PartitionedRateLimiter.Create<HttpContext, string>(http =>
        RateLimitPartition.GetFixedWindowLimiter(KeyOf(http.Connection.RemoteIpAddress), _ => new()
        {
            PermitLimit = options.RateLimit.FailuresPerMinute,
            Window = TimeSpan.FromMinutes(1),
            QueueLimit = 0,
        }));

    /// <summary>The refusal, where the address has used up its failures and the token is not known to be valid.</summary>
    public IResult? Refuse(HttpContext http)
    {
        using var any = perAddress.AttemptAcquire(http, permitCount: 0);
        return any.IsAcquired || (TokenHash.Of(http) is { } token && tokens.Knows(token, time.GetUtcNow()))
            ? null
            : Problems.TooManyRequests.Answer("Too many requests of this address had no valid token.");
    }

    public void Count(HttpContext http) => perAddress.AttemptAcquire(http).Dispose();

    public void Dispose() => perAddress.Dispose();

    /// <summary>An address, or of IPv6 its /64 network, which is what one customer of a provider has.</summary>
    public static string KeyOf(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetworkV6
            ? new IPNetwork(new IPAddress([.. plain.GetAddressBytes()[..8], .. new byte[8]]), 64).ToString()
            : plain.ToString();
    }
}
