using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace EngageCenter.WebApi.Http;

/// <summary>How a body is read of which one array may be long.</summary>
/// <param name="Array">The name of the array.</param>
/// <param name="MaxItems">Items of the array; with more the body is refused.</param>
/// <param name="MaxItemBytes">Of a longer item nothing is kept but the fact.</param>
/// <param name="Others">Names of the body's other fields that are wanted.</param>
internal sealed record JsonItemsFormat(string Array, int MaxItems, int MaxItemBytes, params string[] Others);

/// <summary>
/// Reads a body such as <c>{"value":[…]}</c> item by item, while it comes. Holds one item, or one text, of the body at
/// most: <see cref="MaxTextBytes"/>. The body counts only when all of it has been read, so that one that is broken at its
/// end changes nothing; until then the caller keeps what it makes of each item.
/// </summary>
internal sealed class JsonItems
{
    /// <summary>Bytes of one string or number. A longer one cannot even be passed over, since that needs all of it at once.</summary>
    public const int MaxTextBytes = 1024 * 1024;

    private static readonly JsonElement tooLong = JsonElement.Parse("{}");

    private readonly JsonItemsFormat format;
    private readonly RequestErrors errors;
    private readonly Action<int, JsonElement?> item;
    private readonly Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
    private JsonReaderState state = new(new() { MaxDepth = JsonBody.Strict.MaxDepth, AllowTrailingCommas = false, CommentHandling = JsonCommentHandling.Disallow });
    private Place place = Place.Start;
    private int skippedDepth;
    private int count;
    private bool isRefused;

    private JsonItems(JsonItemsFormat format, RequestErrors errors, Action<int, JsonElement?> item) =>
        (this.format, this.errors, this.item) = (format, errors, item);

    private enum Place
    {
        Start,
        Body,
        Items,
        End,
    }

    /// <summary>Whether the array was there. Else the fields have what was there in its place.</summary>
    public bool HasItems { get; private set; }

    public JsonFields Fields => JsonFields.Of(fields, errors);

    /// <param name="item">Takes each item with its place in the array; null for one that is too long.</param>
    /// <returns>The body without its items; null with the refusal.</returns>
    public static async Task<(JsonItems? Body, IResult? Refusal)> Read(
        HttpRequest request, RequestErrors errors, int maxBytes, JsonItemsFormat format, Action<int, JsonElement?> item)
    {
        if (!JsonBody.IsJson(request) || request.ContentLength > maxBytes)
        {
            // It refuses both.
            return (null, (await JsonBody.Read(request, errors, maxBytes)).Refusal);
        }

        var body = new JsonItems(format, errors, item);
        try
        {
            return await body.Read(request.BodyReader, maxBytes, request.HttpContext.RequestAborted) is { } refusal ? (null, refusal) : (body, null);
        }
        catch (JsonException malformed)
        {
            errors.Add(RequestErrors.Body, JsonBody.Describe(malformed));
            return (null, Problems.Invalid(errors));
        }
    }

    // Null where all of the body has been read.
    private async Task<IResult?> Read(PipeReader reader, int maxBytes, CancellationToken cancellation)
    {
        var (before, atLeast) = (0L, 3);
        while (true)
        {
            var read = await reader.ReadAtLeastAsync(atLeast, cancellation);
            var buffer = read.Buffer;
            if (before + buffer.Length > maxBytes)
            {
                reader.AdvanceTo(buffer.End);
                return JsonBody.TooLarge(maxBytes);
            }

            var unread = before == 0 ? WithoutMark(buffer) : buffer;
            var consumed = unread.GetPosition(Parse(unread, read.IsCompleted));
            var rest = buffer.Slice(consumed).Length;
            before += buffer.Length - rest;
            if (rest > Math.Max(MaxTextBytes, format.MaxItemBytes))
            {
                Refuse(RequestErrors.Body, $"A text may have at most {MaxTextBytes / 1024} KiB.");
            }

            if (isRefused)
            {
                reader.AdvanceTo(buffer.End);
                return Problems.Invalid(errors);
            }

            reader.AdvanceTo(consumed, buffer.End);
            if (read.IsCompleted)
            {
                return null;
            }

            // What is there is looked at again only when there is twice as much.
            atLeast = (int)Math.Max(1, 2 * rest);
        }
    }

    // How many bytes are done with.
    private long Parse(ReadOnlySequence<byte> buffer, bool isAll)
    {
        var reader = new Utf8JsonReader(buffer, isAll, state);
        while (!isRefused && Step(ref reader, buffer))
        {
        }

        state = reader.CurrentState;
        return reader.BytesConsumed;
    }

    // False where it needs more bytes, or where the body has ended; the reader is then where the step began.
    private bool Step(ref Utf8JsonReader reader, ReadOnlySequence<byte> buffer)
    {
        var before = reader;
        if (!reader.Read())
        {
            return false;
        }

        if (skippedDepth > 0)
        {
            skippedDepth = reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray && reader.CurrentDepth == skippedDepth ? 0 : skippedDepth;
            return true;
        }

        switch ((place, reader.TokenType))
        {
            case (Place.Start, var token):
                place = Place.Body;
                if (token != JsonTokenType.StartObject)
                {
                    Refuse(RequestErrors.Body, "Must be a JSON object.");
                }

                return true;
            case (Place.Items, JsonTokenType.EndArray):
                place = Place.Body;
                return true;
            case (Place.Body, JsonTokenType.EndObject):
                place = Place.End;
                return true;
        }

        if (place == Place.Items ? StepItem(ref reader, buffer) : StepField(ref reader, buffer))
        {
            return true;
        }

        reader = before;
        return false;
    }

    private bool StepItem(ref Utf8JsonReader reader, ReadOnlySequence<byte> buffer)
    {
        if (count == format.MaxItems)
        {
            Refuse(format.Array, $"Must have at most {format.MaxItems} entries.");
            return true;
        }

        if (!TryReadValue(ref reader, buffer, isWanted: true, out var value))
        {
            return false;
        }

        item(count++, value);
        return true;
    }

    private bool StepField(ref Utf8JsonReader reader, ReadOnlySequence<byte> buffer)
    {
        var name = NameOf(ref reader);
        var again = name is not null && (fields.ContainsKey(name) || (name == format.Array && HasItems));
        if (!reader.Read())
        {
            return false;
        }

        if (name == format.Array && !again && reader.TokenType == JsonTokenType.StartArray)
        {
            (HasItems, place) = (true, Place.Items);
            return true;
        }

        if (!TryReadValue(ref reader, buffer, isWanted: name is not null && !again, out var value))
        {
            return false;
        }

        if (again)
        {
            // Two readers would disagree on which of them counts.
            errors.Add(name!, "Must be there once only.");
        }
        else if (name is not null)
        {
            fields.Add(name, value ?? tooLong);
        }

        return true;
    }

    // Other errors are told together at the end; this one ends the reading.
    private void Refuse(string field, string message)
    {
        errors.Add(field, message);
        isRefused = true;
    }

    // Null where the field is not wanted.
    private string? NameOf(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals(format.Array))
        {
            return format.Array;
        }

        foreach (var name in format.Others)
        {
            if (reader.ValueTextEquals(name))
            {
                return name;
            }
        }

        return null;
    }

    // The reader is on the value's first token. Null for a value that is not wanted or too long; what is left of that is passed over.
    private bool TryReadValue(ref Utf8JsonReader reader, ReadOnlySequence<byte> buffer, bool isWanted, out JsonElement? value)
    {
        value = null;
        var first = reader;
        if (!reader.TrySkip())
        {
            // Not all of it is here. It is waited for, unless it is already known that nobody needs it.
            if (isWanted && buffer.Length - first.TokenStartIndex <= format.MaxItemBytes)
            {
                return false;
            }

            reader = first;
            skippedDepth = reader.CurrentDepth;
            return true;
        }

        var (start, length) = (first.TokenStartIndex, reader.BytesConsumed - first.TokenStartIndex);
        if (isWanted && length <= format.MaxItemBytes)
        {
            value = JsonElement.Parse(buffer.Slice(start, length).ToArray(), JsonBody.Strict);
        }

        return true;
    }

    private static ReadOnlySequence<byte> WithoutMark(ReadOnlySequence<byte> bytes)
    {
        Span<byte> first = stackalloc byte[3];
        if (bytes.Length < first.Length)
        {
            return bytes;
        }

        bytes.Slice(0, first.Length).CopyTo(first);
        return first.SequenceEqual("\uFEFF"u8) ? bytes.Slice(first.Length) : bytes;
    }
}
