using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;

namespace EngageCenter.WebApi.Json;

/// <summary>Formats and parses durations on the wire.</summary>
internal static partial class Durations
{
    public const string Message = "Must be a duration such as P7D or PT12H.";

    /// <summary>Formats as ISO 8601 in days, hours, minutes and seconds, such as <c>P7D</c>.</summary>
    public static string Format(TimeSpan duration) => XmlConvert.ToString(duration);

    /// <summary>
    /// Parses ISO 8601 in weeks, or in days, hours, minutes and seconds, but not in months and years, whose length varies.
    /// Also parses .NET's own format, <c>7.00:00:00</c>. The duration must be below 1,000,000 days, so that the output of
    /// <see cref="Format"/> can be parsed again.
    /// </summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        if (Weeks().Match(text) is { Success: true } weeks)
        {
            duration = TimeSpan.FromDays(7 * int.Parse(weeks.Groups["weeks"].ValueSpan, CultureInfo.InvariantCulture));
            return true;
        }

        if (Iso().IsMatch(text))
        {
            duration = XmlConvert.ToTimeSpan(text);
            return duration < TimeSpan.FromDays(1_000_000);
        }

        duration = default;
        return DotNet().IsMatch(text) && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out duration);
    }

    [GeneratedRegex(@"^P(?<weeks>[0-9]{1,4})W\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Weeks();

    [GeneratedRegex(@"^P(?!\z)([0-9]{1,6}D)?(T(?!\z)([0-9]{1,6}H)?([0-9]{1,7}M)?([0-9]{1,8}(\.[0-9]{1,7})?S)?)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Iso();

    [GeneratedRegex(@"^([0-9]{1,6}\.)?[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex DotNet();
}
