using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EngageCenter.Learning;

namespace EngageCenter.WebApi.Learning;

/// <summary>
/// Language tags as BCP 47 (RFC 5646) writes them: a language with what narrows it down. Without the irregular tags of old
/// and those of private use alone, which no two systems understand alike. Whether a subtag is registered is not asked.
/// </summary>
internal static partial class LanguageTag
{
    public const string Message = "Must be a BCP 47 language tag such as en or pt-BR, of at most 35 characters.";

    /// <param name="tag">
    /// In its canonical case: languages small, scripts with a capital, regions in capitals. What has room for a name rather
    /// than a code (RFC 5646 registers none of more than three letters) stays as it is: <c>English</c>.
    /// </param>
    public static bool TryRead(string raw, [NotNullWhen(true)] out string? tag)
    {
        tag = null;
        // Letters of other scripts may become ASCII when they are made small.
        var small = raw.ToLowerInvariant();
        if (raw.Length > Course.MaxLanguageLength || !Ascii.IsValid(raw) || !WellFormed().IsMatch(small))
        {
            return false;
        }

        if (small.IndexOf('-') is -1 or > 3 && small.Length > 3)
        {
            tag = raw;
            return true;
        }

        // Behind a singleton everything is an extension's, and small (RFC 5646, 2.1.1).
        var subtags = small.Split('-');
        for (var i = 1; i < subtags.Length && subtags[i].Length > 1; i++)
        {
            subtags[i] = subtags[i].Length switch
            {
                2 => subtags[i].ToUpperInvariant(),
                4 => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(subtags[i]),
                _ => subtags[i],
            };
        }

        tag = string.Join('-', subtags);
        return true;
    }

    /// <summary>Of a tag that is one.</summary>
    public static string Canonical(string raw) => TryRead(raw, out var tag) ? tag : throw new ArgumentException(Message, nameof(raw));

    // Language, script, region, variants, extensions, private use.
    [GeneratedRegex(
        @"\A(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex WellFormed();
}
