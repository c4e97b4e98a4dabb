using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace EngageCenter.WebApi.AuthZen;

/// <summary>
/// A body that is read by AuthZEN's rules: an absent body, or one of another type than <c>application/json</c>, is 400.
/// Members that the standard does not define are ignored.
/// </summary>
internal interface IAuthZenBody<TSelf> : IBindableFromHttpContext<TSelf>, IEndpointParameterMetadataProvider
    where TSelf : class, IAuthZenBody<TSelf>
{
    static ValueTask<TSelf?> IBindableFromHttpContext<TSelf>.BindAsync(HttpContext context, ParameterInfo parameter) => AuthZenJson.Read<TSelf>(context);

    static void IEndpointParameterMetadataProvider.PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder)
    {
        builder.Metadata.Add(new RequestBodyDoc(typeof(TSelf), IsRequired: true));
        builder.Metadata.Add(Problems.ContentTooLarge);
    }
}

internal static class AuthZenJson
{
    /// <summary>The maximum size of a body, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Compares ids and names exactly as received: they are neither trimmed nor normalized.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <exception cref="BadHttpRequestException">The body is too large, of another type, or cannot be deserialized.</exception>
    public static async ValueTask<TBody?> Read<TBody>(HttpContext http)
        where TBody : class
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true)
        {
            return null;
        }

        if (!Bodies.IsOfType(http.Request, media => media.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)))
        {
            var errors = new RequestErrors();
            errors.Add("Content-Type", "Must be application/json, in UTF-8 and not compressed.");
            throw new RefusedException(Problems.InvalidRequest, null, ("errors", errors.ToDictionary()));
        }

        http.Features.GetRequiredFeature<LimitedBody>().Limit(MaxBytes, http.Request.ContentLength);
        try
        {
            return await JsonSerializer.DeserializeAsync<TBody>(http.Request.BodyReader, Options, http.RequestAborted) ?? throw new JsonException(Rules.ObjectMessage);
        }
        catch (JsonException wrong)
        {
            throw new BadHttpRequestException("The body is not valid.", wrong);
        }
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        options.Converters.Add(new TextConverter<string>(TryKeep, text => text, Text.UnicodeMessage));
        WireJson.Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private static bool TryKeep(string raw, out string text)
    {
        text = raw;
        return true;
    }
}

/// <summary>
/// A JSON object whose content is not used. The value must be an object, and nothing of it is kept in memory.
/// </summary>
[JsonConverter(typeof(Converter))]
internal sealed class AnyObject
{
    private static readonly AnyObject some = new();

    private sealed class Converter : JsonConverter<AnyObject>
    {
        public override AnyObject Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException(Rules.ObjectMessage);
            }

            if (!reader.TrySkip())
            {
                throw new InvalidOperationException("The serializer reads a value ahead for a converter.");
            }

            return some;
        }

        public override void Write(Utf8JsonWriter writer, AnyObject value, JsonSerializerOptions options) => throw new NotSupportedException("Only read.");
    }
}
