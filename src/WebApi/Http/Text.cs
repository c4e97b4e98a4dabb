using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace EngageCenter.WebApi.Http;

/// <summary>The rules for text that people are shown.</summary>
internal static class Text
{
    /// <summary>Trims, and refuses what has control characters, is no Unicode text, or has the wrong length.</summary>
    /// <param name="max">In Unicode code points, so that no script is allowed less than another.</param>
    public static bool TryRead(string raw, int min, int max, [NotNullWhen(true)] out string? text, out string message)
    {
        text = raw.Trim();
        message = "";
        var length = 0;
        for (var rest = text.AsSpan(); !rest.IsEmpty; length++)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != System.Buffers.OperationStatus.Done)
            {
                message = "Must be valid Unicode text.";
                text = null;
                return false;
            }

            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                message = "Must not have control characters.";
                text = null;
                return false;
            }

            rest = rest[consumed..];
        }

        if (length < min || length > max)
        {
            message = min == 0 ? $"Must have at most {max} characters." : $"Must have {min} to {max} characters after trimming.";
            text = null;
            return false;
        }

        return true;
    }

    /// <summary>
    /// Leaves out what is not for people's eyes, in text that is not to be refused: control characters, line and paragraph
    /// separators, bidirectional controls, noncharacters and halves of surrogate pairs. Trims.
    /// </summary>
    public static string Clean(string raw)
    {
        var text = new StringBuilder(raw.Length);
        for (var rest = raw.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) == System.Buffers.OperationStatus.Done && !IsHidden(rune))
            {
                text.Append(rest[..consumed]);
            }

            rest = rest[consumed..];
        }

        return text.ToString().Trim();
    }

    private static bool IsHidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or (>= 0xFDD0 and <= 0xFDEF)
        || (rune.Value & 0xFFFE) == 0xFFFE;

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
