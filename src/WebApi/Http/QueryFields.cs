using System.Buffers.Text;
using System.Globalization;
using System.Text;
using EngageCenter.Paging;

namespace EngageCenter.WebApi.Http;

/// <summary>
/// The parameters of a query string, read as <see cref="JsonFields"/> reads a body: null for what is absent or blank,
/// an error for what is wrong, unknown ones passed over.
/// </summary>
internal sealed class QueryFields(IQueryCollection query, RequestErrors errors)
{
    public const int MaxTextLength = 200;

    public string? Text(string name, int max = MaxTextLength)
    {
        if (Single(name) is not { } raw || string.IsNullOrWhiteSpace(raw))
        {
            return null;
        }

        if (Http.Text.TryRead(raw, 1, max, out var text, out var message))
        {
            return text;
        }

        errors.Add(name, message);
        return null;
    }

    public TEnum? Choice<TEnum>(string name, WireNames<TEnum> names)
        where TEnum : struct, Enum
    {
        if (Single(name) is not { Length: > 0 } text)
        {
            return null;
        }

        if (names.TryParse(text, out var value))
        {
            return value;
        }

        errors.Add(name, names.Message);
        return null;
    }

    public DateTimeOffset? Instant(string name)
    {
        if (Single(name) is not { Length: > 0 } text)
        {
            return null;
        }

        // A client that forgot to escape the '+' of an offset sends a space.
        if (Rfc3339.TryParse(text.Replace(' ', '+'), out var instant))
        {
            return instant;
        }

        errors.Add(name, "Must be an RFC 3339 instant such as 2026-07-01T08:00:00Z.");
        return null;
    }

    /// <summary>From 'from' to before 'to'; either may be absent, and an empty window is an error.</summary>
    public (DateTimeOffset? From, DateTimeOffset? To) Window()
    {
        var (from, to) = (Instant("from"), Instant("to"));
        if (from >= to)
        {
            errors.Add("from", "Must be before 'to'.");
        }

        return (from, to);
    }

    public PageRequest Page()
    {
        var size = PageRequest.DefaultSize;
        if (Single("pageSize") is { } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > PageRequest.MaxSize))
        {
            errors.Add("pageSize", $"Must be a whole number from 1 to {PageRequest.MaxSize}.");
        }

        string? after = null;
        if (Single("cursor") is { } cursor && !Cursors.TryDecode(cursor, out after))
        {
            errors.Add("cursor", Cursors.Message);
        }

        return new(size, after);
    }

    private string? Single(string name)
    {
        var values = query[name];
        if (values.Count > 1)
        {
            errors.Add(name, "Must be there once only.");
            return null;
        }

        return values.Count == 1 ? values[0] : null;
    }
}

/// <summary>A list's place as clients see it, opaque.</summary>
internal static class Cursors
{
    public const string Message = "Must be a cursor of this list, as 'nextLink' has it.";

    private static readonly UTF8Encoding strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Encode(string after) => Base64Url.EncodeToString(strict.GetBytes(after));

    public static bool TryDecode(string cursor, out string? after)
    {
        after = null;
        if (cursor.Length is 0 or > PageRequest.MaxAfterLength * 4)
        {
            return false;
        }

        try
        {
            after = strict.GetString(Base64Url.DecodeFromChars(cursor));
        }
        catch (Exception malformed) when (malformed is FormatException or ArgumentException)
        {
            return false;
        }

        return after.Length is > 0 and <= PageRequest.MaxAfterLength;
    }
}
