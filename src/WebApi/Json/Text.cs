using System.Buffers;
using System.Globalization;
using System.Text;

namespace EngageCenter.WebApi.Json;

/// <summary>Checks and cleans text that is shown to people.</summary>
internal static class Text
{
    public const string GuidMessage = "Must be a GUID such as c0000000-0000-4000-8000-000000000101.";

    public const string UnicodeMessage = "Must be valid Unicode text.";

    private static readonly SearchValues<char> guidCharacters = SearchValues.Create("-0123456789ABCDEFabcdef");

    /// <summary>
    /// Trims the text and composes accents (Unicode NFC), so that texts that look the same are equal. Returns false if it is
    /// not valid Unicode text.
    /// </summary>
    public static bool TryCompose(string raw, out string text)
    {
        try
        {
            text = raw.Trim().Normalize(NormalizationForm.FormC);
            return true;
        }
        catch (ArgumentException)
        {
            text = "";
            return false;
        }
    }

    /// <summary>
    /// Returns why a composed text is refused, or null if it is valid. Refused are control characters, characters that
    /// change the direction of text, invalid Unicode, text without a visible character, and a wrong length.
    /// </summary>
    /// <param name="max">In Unicode code points, so that the limit is the same for every script.</param>
    public static string? Fault(string text, int min, int max)
    {
        var (length, visible) = (0, false);
        for (var rest = text.AsSpan(); !rest.IsEmpty; length++)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != OperationStatus.Done || IsNoncharacter(rune))
            {
                return UnicodeMessage;
            }

            if (IsControl(rune))
            {
                return "Must not contain control characters.";
            }

            if (ChangesDirection(rune))
            {
                return "Must not contain characters that change the direction of text.";
            }

            visible |= IsVisible(rune);
            rest = rest[consumed..];
        }

        return length < min || length > max
            ? (min == 0 ? $"Must have at most {max} characters." : $"Must have {min} to {max} characters after trimming.")
            : length > 0 && !visible ? "Must contain a visible character."
            : null;
    }

    /// <summary>
    /// Removes what <see cref="Fault"/> refuses, for names that cannot be refused because they come from others. Also trims
    /// and composes accents. Returns an empty text if no visible character is left.
    /// </summary>
    public static string Clean(string raw)
    {
        var text = new StringBuilder(raw.Length);
        for (var rest = raw.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) == System.Buffers.OperationStatus.Done
                && !IsNoncharacter(rune) && !IsControl(rune) && !ChangesDirection(rune))
            {
                text.Append(rest[..consumed]);
            }

            rest = rest[consumed..];
        }

        var cleaned = text.ToString().Trim().Normalize(NormalizationForm.FormC);
        return cleaned.EnumerateRunes().Any(IsVisible) ? cleaned : "";
    }

    /// <summary>Cleans the text with <see cref="Clean"/> and cuts it to a maximum length; null if nothing is left.</summary>
    public static string? Shown(string? raw, int max) => raw is not null && Clean(raw) is { Length: > 0 } text ? Cut(text, max).TrimEnd() : null;

    public static string Cut(string text, int max) => text.Length <= max ? text : text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];

    // Code points that Unicode reserves for use inside programs: the last two of each plane, and a range in the first plane.
    private static bool IsNoncharacter(Rune rune) => (rune.Value & 0xFFFE) == 0xFFFE || rune.Value is >= 0xFDD0 and <= 0xFDEF;

    // Letters, digits, punctuation and symbols, except the Hangul fillers and the blank Braille pattern.
    private static bool IsVisible(Rune rune) =>
        (Rune.IsLetterOrDigit(rune) || Rune.IsNumber(rune) || Rune.IsPunctuation(rune) || Rune.IsSymbol(rune))
        && rune.Value is not (0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x2800);

    private static bool IsControl(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    // Embeddings, overrides and isolates of the Unicode Bidirectional Algorithm (UAX #9).
    private static bool ChangesDirection(Rune rune) => rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    public const string IdMessage = "Must be 1 to 64 characters of A-Z a-z 0-9 . _ ~ -";

    /// <summary>
    /// Returns whether the text can be the id of an object of another system: 1 to 64 characters that need no escaping in a
    /// URL.
    /// </summary>
    public static bool IsId(string id) =>
        id.Length is >= 1 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '~' or '-');

    /// <summary>
    /// Returns whether the text may be shown as a link: an absolute http or https URI by RFC 3986, so in ASCII and without
    /// spaces, and without a user name, which could make it look like another address.
    /// </summary>
    public static bool IsWebAddress(string text) =>
        Ascii.IsValid(text)
        && Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        && uri is { Host.Length: > 0, UserInfo.Length: 0 }
        && uri.IsWellFormedOriginalString();

    /// <summary>
    /// Parses a GUID with hyphens and nothing else. The framework would also accept spaces around it, and <c>0x</c> or
    /// <c>+</c> before the digits of a part.
    /// </summary>
    public static bool TryReadGuid(string raw, out Guid guid)
    {
        guid = default;
        return raw.Length == 36 && !raw.AsSpan().ContainsAnyExcept(guidCharacters) && Guid.TryParseExact(raw, "D", out guid);
    }
}
