using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace EngageCenter.WebApi.Http;

/// <summary>The rules for text that people are shown.</summary>
internal static class Text
{
    public const string GuidMessage = "Must be a GUID such as c0000000-0000-4000-8000-000000000101.";

    /// <summary>Trims, and refuses what has a <see cref="Fault"/>.</summary>
    /// <param name="max">In Unicode code points, so that no script is allowed less than another.</param>
    public static bool TryRead(string raw, int min, int max, [NotNullWhen(true)] out string? text, out string message)
    {
        message = Fault(raw.Trim(), min, max) ?? "";
        text = message.Length == 0 ? raw.Trim() : null;
        return text is not null;
    }

    /// <summary>What is wrong with trimmed text: control characters, no Unicode text, or the wrong length; null if nothing is.</summary>
    public static string? Fault(string text, int min, int max)
    {
        var length = 0;
        for (var rest = text.AsSpan(); !rest.IsEmpty; length++)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != System.Buffers.OperationStatus.Done)
            {
                return "Must be valid Unicode text.";
            }

            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                return "Must not have control characters.";
            }

            rest = rest[consumed..];
        }

        return length >= min && length <= max ? null
            : min == 0 ? $"Must have at most {max} characters."
            : $"Must have {min} to {max} characters after trimming.";
    }

    public const string IdMessage = "Must be 1 to 64 of A-Z a-z 0-9 . _ ~ -";

    /// <summary>Whether it may be the id of what others name: 1 to 64 characters that need no escaping in a URL.</summary>
    public static bool IsId(string id) =>
        id.Length is >= 1 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '~' or '-');

    /// <summary>
    /// Whether it may be shown as a link to the web: an absolute http or https URI as RFC 3986 has it, so without spaces
    /// and in ASCII, and with no user's name in it, by which it could pass for another's.
    /// </summary>
    public static bool IsWebAddress(string text) =>
        Ascii.IsValid(text)
        && Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        && uri is { Host.Length: > 0, UserInfo.Length: 0 }
        && uri.IsWellFormedOriginalString();

    /// <summary>A GUID with hyphens and nothing else: the framework would pass over spaces around it.</summary>
    public static bool TryReadGuid(string raw, out Guid guid)
    {
        guid = default;
        return raw.Length == 36 && Guid.TryParseExact(raw, "D", out guid);
    }
}
