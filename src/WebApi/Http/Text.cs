using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace EngageCenter.WebApi.Http;

/// <summary>The rules for text that people are shown.</summary>
internal static class Text
{
    private static readonly SearchValues<char> guidCharacters = SearchValues.Create("-0123456789ABCDEFabcdef");

    /// <summary>Trims, and refuses what has control characters, is no Unicode text, or has the wrong length.</summary>
    /// <param name="max">In Unicode code points, so that no script is allowed less than another.</param>
    public static bool TryRead(string raw, int min, int max, [NotNullWhen(true)] out string? text, out string message)
    {
        text = raw.Trim();
        message = "";
        var length = 0;
        for (var rest = text.AsSpan(); !rest.IsEmpty; length++)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != OperationStatus.Done)
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

    /// <summary>A GUID with hyphens and nothing else: the framework would take spaces around it, and <c>0x</c> or <c>+</c> before the digits of a part.</summary>
    public static bool TryReadGuid(string raw, out Guid guid)
    {
        guid = default;
        return raw.Length == 36 && !raw.AsSpan().ContainsAnyExcept(guidCharacters) && Guid.TryParseExact(raw, "D", out guid);
    }
}
