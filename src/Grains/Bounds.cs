using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using EngageCenter.Agreements;
using EngageCenter.Paging;

namespace EngageCenter;

/// <summary>
/// The checks that every grain makes on its arguments. Web nodes read requests by the same rules and answer 400. So an argument
/// that fails here comes from a caller that is not one of our endpoints; it changes nothing.
/// </summary>
/// <remarks>Lengths of texts are in Unicode code points.</remarks>
internal static class Bounds
{
    /// <summary>The greatest length of a search text, in code points.</summary>
    private const int MaxQueryText = 200;

    /// <exception cref="ArgumentException">The condition is false.</exception>
    public static void Require([DoesNotReturnIf(false)] bool isSo, string rule, [CallerArgumentExpression(nameof(isSo))] string what = "")
    {
        if (!isSo)
        {
            throw new ArgumentException(rule, what);
        }
    }

    /// <summary>
    /// Checks a text that is shown to people: trimmed, in Unicode form NFC, 1 to <paramref name="max"/> code points, without line
    /// breaks and control characters.
    /// </summary>
    /// <exception cref="ArgumentException">The text is not like that.</exception>
    public static void Text([NotNull] string? text, int max, [CallerArgumentExpression(nameof(text))] string what = "") =>
        Require(IsText(text, max), $"Must be a trimmed text of 1 to {max} characters.", what);

    /// <summary>Like <see cref="Text"/>, but null is allowed.</summary>
    /// <exception cref="ArgumentException">The text is not like that.</exception>
    public static void OptionalText(string? text, int max, [CallerArgumentExpression(nameof(text))] string what = "") =>
        Require(text is null || IsText(text, max), $"Must be a trimmed text of 1 to {max} characters, or none.", what);

    /// <summary>Checks a search text; null is allowed.</summary>
    /// <exception cref="ArgumentException">The text is longer than any name.</exception>
    public static void Query(string? text, [CallerArgumentExpression(nameof(text))] string what = "") =>
        Require(text is not { Length: > 2 * MaxQueryText }, $"Must have at most {MaxQueryText} characters.", what);

    /// <summary>Checks an id that callers choose: 1 to 64 characters that need no escaping in a URL.</summary>
    /// <exception cref="ArgumentException">The id is not like that.</exception>
    public static void Id([NotNull] string? id, [CallerArgumentExpression(nameof(id))] string what = "") =>
        Require(
            id is { Length: >= 1 and <= 64 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '~' or '-'),
            "Must be 1 to 64 of A-Z a-z 0-9 . _ ~ -", what);

    /// <summary>Checks hours: not negative, and with few enough decimals that sums are exact. Null is allowed.</summary>
    /// <exception cref="ArgumentException">The hours are not like that.</exception>
    public static void Hours(decimal? hours, [CallerArgumentExpression(nameof(hours))] string what = "") =>
        Require(
            hours is null || (hours >= 0 && hours <= Package.MaxHours && decimal.Round(hours.Value, Package.HoursDecimals) == hours),
            $"Must be hours from 0 to {Package.MaxHours} with at most {Package.HoursDecimals} decimals.", what);

    /// <summary>Checks a link that can be shown: an absolute http or https URI in ASCII, without a user name. Null is allowed.</summary>
    /// <exception cref="ArgumentException">The link is not like that.</exception>
    public static void WebAddress(string? uri, int max, [CallerArgumentExpression(nameof(uri))] string what = "") =>
        Require(
            uri is null || (uri.Length <= max
                && Ascii.IsValid(uri)
                && Uri.TryCreate(uri, UriKind.Absolute, out var address)
                && address is { Scheme: "http" or "https", Host.Length: > 0, UserInfo.Length: 0 }
                && address.IsWellFormedOriginalString()),
            $"Must be an absolute http or https URI of at most {max} characters.", what);

    /// <exception cref="ArgumentException">The last day comes before the first.</exception>
    public static void Period(DateOnly first, DateOnly last, [CallerArgumentExpression(nameof(last))] string what = "") =>
        Require(first <= last, "Must not be before the first day.", what);

    /// <exception cref="ArgumentException">The value is not a member of the enumeration.</exception>
    public static void Defined<TEnum>(TEnum value, [CallerArgumentExpression(nameof(value))] string what = "")
        where TEnum : struct, Enum => Require(Enum.IsDefined(value), $"Must be a value of {typeof(TEnum).Name}.", what);

    /// <exception cref="ArgumentException">There are too few or too many items, or one is null.</exception>
    public static void Items<T>(ImmutableArray<T> items, int min, int max, [CallerArgumentExpression(nameof(items))] string what = "") =>
        Require(
            !items.IsDefault && items.Length >= min && items.Length <= max && !items.Any(i => i is null),
            $"Must have {min} to {max} entries.", what);

    /// <exception cref="ArgumentOutOfRangeException">The page is too small or too large.</exception>
    /// <exception cref="InvalidCursorException">The cursor is longer than any that lists return.</exception>
    public static void Page(PageRequest page)
    {
        if (page.Size is < 1 or > PageRequest.MaxSize)
        {
            throw new ArgumentOutOfRangeException(nameof(page), page.Size, $"A page has 1 to {PageRequest.MaxSize} items.");
        }

        if (page.After is { Length: > PageRequest.MaxAfterLength })
        {
            throw new InvalidCursorException();
        }
    }

    public static bool IsText([NotNullWhen(true)] string? text, int max)
    {
        // A code point takes one or two characters.
        if (text is null || text.Length < 1 || text.Length > 2 * max || text.AsSpan().Trim().Length != text.Length)
        {
            return false;
        }

        var length = 0;
        for (var rest = text.AsSpan(); !rest.IsEmpty; length++)
        {
            // Characters that change the direction of the text around them (UAX #9) are not allowed either.
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != OperationStatus.Done
                || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                || rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069))
            {
                return false;
            }

            rest = rest[consumed..];
        }

        return length <= max && text.IsNormalized();
    }
}
