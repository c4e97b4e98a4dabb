using System.Globalization;
using System.Text.RegularExpressions;

namespace EngageCenter.WebApi.Json;

/// <summary>Formats and parses instants and dates on the wire.</summary>
internal static partial class Rfc3339
{
    public const string Message = "Must be an RFC 3339 instant such as 2026-07-01T08:00:00Z.";
    public const string DateMessage = "Must be a date such as 2026-07-01.";

    /// <summary>Formats in UTC with a <c>Z</c>, and with as many decimals as the instant has.</summary>
    public static string Format(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>Parses an instant with any offset; an offset is required. Decimals after the seventh are cut off.</summary>
    public static bool TryParse(string text, out DateTimeOffset instant)
    {
        instant = default;
        var match = Instant().Match(text);
        if (!match.Success)
        {
            return false;
        }

        var fraction = match.Groups["fraction"].Value;
        var offset = match.Groups["offset"].Value is "z" or "Z" ? "+00:00" : match.Groups["offset"].Value;
        var normal = string.Concat(
            match.Groups["date"].ValueSpan, "T", match.Groups["time"].ValueSpan, string.Concat(".", fraction.PadRight(7, '0').AsSpan(0, 7), offset));
        return DateTimeOffset.TryParseExact(
            normal, "yyyy-MM-dd'T'HH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out instant);
    }

    public static string Format(DateOnly date) => date.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>
    /// Parses a day in the form <c>yyyy-MM-dd</c> only. An instant is refused, because it is on different days in different
    /// time zones.
    /// </summary>
    public static bool TryParseDate(string text, out DateOnly date) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date);

    [GeneratedRegex(@"^(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?<fraction>[0-9]{1,18}))?(?<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Instant();
}
