using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.RateLimiting;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Lets a request in if the node, the caller and the caller's tenant have a free slot, limits its body, and paces its
/// response. Nothing queues to get in: the refusal is immediate, so that the client can try another node. Endpoints without
/// rate limiting, such as the health endpoints, need no slot.
/// </summary>
internal sealed class RequestLimits(
    RequestDelegate next, Claimants claimants, NodeLimits limits, BodyPace pace, AnswerPace answerPace, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var metadata = http.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<DisableRateLimitingAttribute>() is not null)
        {
            await next(http);
            return;
        }

        var who = claimants.Of(http);
        http.Features.Set(who);
        using var slot = new RequestSlot(limits.Requests, who, time);
        if (slot.Enter() is { } usedUp)
        {
            await OverLimitException.Of(usedUp, RequestSlot.Name).Answer().ExecuteAsync(http);
            return;
        }

        http.Features.Set(slot);
        var unpaced = http.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var answer = new PacedAnswer(unpaced, who, answerPace, http.Abort);
        http.Features.Set<IHttpResponseBodyFeature>(answer);
        try
        {
            await Serve(http, metadata, who, slot);
        }
        finally
        {
            http.Features.Set(unpaced);
        }
    }

    private async Task Serve(HttpContext http, EndpointMetadataCollection? metadata, Claimant who, RequestSlot slot)
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            await next(http);
            return;
        }

        var most = metadata?.GetMetadata<StreamedBody>() is null ? long.MaxValue : WebApiOptions.LargestBodyMemory;
        await using var body = new LimitedBody(http.Request.BodyReader, who, slot, limits, pace, time, most, http.RequestAborted);
        http.Request.Body = body;
        http.Features.Set(body);
        await next(http);
    }
}

/// <summary>
/// Marks an endpoint that keeps little of the body it reads: at most <see cref="WebApiOptions.LargestBodyMemory"/>, however
/// long the body is.
/// </summary>
internal sealed record StreamedBody;

internal static class StreamedBodyRoutes
{
    public static TBuilder StreamsBody<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new StreamedBody());
}
