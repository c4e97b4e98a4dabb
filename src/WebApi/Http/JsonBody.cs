using System.Buffers;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace EngageCenter.WebApi.Http;

/// <summary>Reads a request's body: for <see cref="RequestChecks"/>, and for endpoints that take one of several types.</summary>
internal static class JsonBody
{
    /// <summary>Bytes, where an endpoint says nothing else.</summary>
    public const int MaxBytes = 1024 * 1024;

    public static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowTrailingCommas = false, CommentHandling = JsonCommentHandling.Disallow };

    /// <returns>The body's fields, or why there are none.</returns>
    public static async Task<(JsonFields? Fields, IResult? Refusal)> Read(
        HttpRequest request, RequestErrors errors, int maxBytes = MaxBytes)
    {
        // Of a body without a type or a length only reading tells whether it is there.
        if (!MayBeEmpty(request) && !IsJson(request))
        {
            return (null, NotJson());
        }

        var (bytes, refusal) = await ReadBytes(request, maxBytes);
        if (bytes is null)
        {
            return (null, refusal);
        }

        if (bytes.Length > 0 && !IsJson(request))
        {
            return (null, NotJson());
        }

        try
        {
            var fields = JsonFields.Of(JsonElement.Parse(WithoutMark(bytes), Strict), "", errors);
            return fields is null ? (null, Problems.Invalid(errors)) : (fields, null);
        }
        catch (JsonException malformed)
        {
            errors.Add(RequestErrors.Body, Describe(malformed));
            return (null, Problems.Invalid(errors));
        }
    }

    /// <summary>Without what the parser quotes from the body.</summary>
    public static string Describe(JsonException malformed) => malformed.LineNumber is { } line
        ? FormattableString.Invariant($"Must be JSON; it goes wrong at line {line + 1}, byte {malformed.BytePositionInLine + 1}.")
        : "Must be JSON.";

    public static bool IsOfType(HttpRequest request, Func<MediaTypeHeaderValue, bool> type) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var media)
        && type(media)
        && (!media.Charset.HasValue || media.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || media.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase))
        && request.Headers.ContentEncoding.All(e => string.Equals(e, "identity", StringComparison.OrdinalIgnoreCase));

    public static bool IsJson(HttpRequest request) => IsOfType(request, media =>
        media.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        || (media.Type.Equals("application", StringComparison.OrdinalIgnoreCase) && media.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)));

    private static bool MayBeEmpty(HttpRequest request) => request.ContentLength is null or 0 && request.ContentType is null;

    private static ReadOnlySpan<byte> WithoutMark(byte[] bytes) =>
        bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes;

    public static async Task<(byte[]? Bytes, IResult? Refusal)> ReadBytes(HttpRequest request, int maxBytes)
    {
        // The server's own limit is left above ours: it would end the connection before the client reads why.
        if (request.ContentLength > maxBytes)
        {
            return (null, TooLarge(maxBytes));
        }

        // What has come is kept in blocks, whatever length was announced.
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(request.HttpContext.RequestAborted);
            if (read.Buffer.Length > maxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                return (null, TooLarge(maxBytes));
            }

            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return (bytes, null);
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    public static IResult NotJson() =>
        Problems.UnsupportedMediaType.Answer("The body must be of type application/json, in UTF-8.");

    public static IResult TooLarge(int maxBytes) =>
        Problems.ContentTooLarge.Answer($"The body may have at most {maxBytes / 1024} KiB.", ("maxBytes", maxBytes));
}
