using System.Collections.ObjectModel;
using System.Reflection;
using System.Text.Json;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace EngageCenter.WebApi.Requests;

/// <summary>
/// A record that is read from a JSON body. It is deserialized while the bytes arrive, after authorization, and validated
/// before the endpoint runs. Without a body it is null, if the endpoint's parameter may be null.
/// </summary>
internal interface IBody<TSelf> : IBindableFromHttpContext<TSelf>, IEndpointParameterMetadataProvider
    where TSelf : class, IBody<TSelf>
{
    static virtual int MaxBytes => 1024 * 1024;

    static ValueTask<TSelf?> IBindableFromHttpContext<TSelf>.BindAsync(HttpContext context, ParameterInfo parameter) => Bodies.Read<TSelf>(context);

    static void IEndpointParameterMetadataProvider.PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new RequestBodyDoc(typeof(TSelf), new NullabilityInfoContext().Create(parameter).ReadState == NullabilityState.NotNull));
        builder.Metadata.Add(Problems.ContentTooLarge);
        builder.Metadata.Add(Problems.UnsupportedMediaType);
    }
}

internal static class Bodies
{
    /// <exception cref="BadHttpRequestException">The body is too large, of another type, or cannot be deserialized.</exception>
    public static ValueTask<TBody?> Read<TBody>(HttpContext http)
        where TBody : class, IBody<TBody>
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true)
        {
            return default;
        }

        if (!IsJson(http.Request))
        {
            throw new RefusedException(Problems.UnsupportedMediaType, "The body must be of type application/json, in UTF-8.");
        }

        var body = http.Features.GetRequiredFeature<LimitedBody>();
        body.Limit(TBody.MaxBytes, http.Request.ContentLength);
        return http.Request.ContentLength is not null && body.ReadAtOnce(Parse<TBody>) is { } whole ? new(whole) : ReadOn<TBody>(http);
    }

    // Returns null for a body that is not valid. It is then read again by ReadOn, which reports the error.
    private static TBody? Parse<TBody>(ReadOnlySpan<byte> whole)
        where TBody : class
    {
        try
        {
            return JsonSerializer.Deserialize<TBody>(whole, WireJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async ValueTask<TBody?> ReadOn<TBody>(HttpContext http)
        where TBody : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<TBody>(http.Request.BodyReader, WireJson.Options, http.RequestAborted) ?? throw new JsonException(Rules.ObjectMessage);
        }
        catch (JsonException wrong)
        {
            throw new BadHttpRequestException("The body is not valid.", wrong);
        }
    }

    public static bool IsOfType(HttpRequest request, Func<MediaTypeHeaderValue, bool> type) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var media)
        && type(media)
        && (!media.Charset.HasValue || HeaderUtilities.RemoveQuotes(media.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        && request.Headers.ContentEncoding.All(e => string.Equals(e, "identity", StringComparison.OrdinalIgnoreCase));

    // Most requests have exactly this header.
    public static bool IsJson(HttpRequest request) => (request.ContentType == "application/json" && request.Headers.ContentEncoding.Count == 0) || IsOfType(request, media =>
        media.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        || (media.Type.Equals("application", StringComparison.OrdinalIgnoreCase) && media.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)));
}

/// <summary>An item of which a body may have only a limited number.</summary>
internal interface ICounted
{
    static abstract int MaxCount { get; }
}

/// <summary>
/// A long array in a body. The serializer adds items while the body arrives, and stops at the first item over the limit.
/// </summary>
internal sealed class Items<T> : Collection<T>
    where T : ICounted
{
    protected override void InsertItem(int index, T item)
    {
        if (Count == T.MaxCount)
        {
            throw new TooManyItemsException(T.MaxCount);
        }

        base.InsertItem(index, item);
    }
}

/// <summary>Thrown for an array with too many items. The path is that of the first item over the limit.</summary>
internal sealed class TooManyItemsException(int max) : JsonException($"Must have at most {max} entries.");
