using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EngageCenter.Learning;

namespace EngageCenter.WebApi.Learning;

/// <summary>
/// Reads language tags as defined by BCP 47 (RFC 5646): a language with optional subtags. It refuses the irregular old tags
/// and tags for private use only, because systems read them differently. It does not check whether a subtag is registered.
/// </summary>
internal static partial class LanguageTag
{
    public const string Message = "Must be a BCP 47 language tag such as en or pt-BR, of at most 35 characters.";

    /// <param name="tag">
    /// The tag in its canonical case: languages in lower case, scripts with an initial capital, regions in upper case. A
    /// language part of more than three letters (RFC 5646 registers none) stays as it is: <c>English</c>.
    /// </param>
    public static bool TryRead(string raw, [NotNullWhen(true)] out string? tag)
    {
        tag = null;
        // Letters of other scripts may become ASCII letters in lower case, so the original text is checked as well.
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

        // A single character starts an extension, which is in lower case up to the end (RFC 5646, 2.1.1).
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

    /// <summary>Returns the canonical form of a valid tag.</summary>
    public static string Canonical(string raw) => TryRead(raw, out var tag) ? tag : throw new ArgumentException(Message, nameof(raw));

    // Language, script, region, variants, extensions, private use.
    [GeneratedRegex(
        @"\A(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex WellFormed();
}
