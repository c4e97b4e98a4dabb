using System.Globalization;
using System.Resources;

namespace EngageCenter.Portal;

/// <summary>
/// The words of the pages. The English text is its own key, and stands in the page where it is shown; Texts.de.resx has the
/// German for each, which a test checks.
/// </summary>
internal static class Texts
{
    // The file is within the assembly, so that whoever composes the portal has it too.
    private static readonly ResourceManager german = new("Texts.de", typeof(Texts).Assembly);

    /// <summary>The languages of the pages, each in its own words. The first is for whoever asks for another one.</summary>
    public static IReadOnlyList<(string Tag, string Name)> Languages { get; } = [("en", "English"), ("de", "Deutsch")];

    /// <summary>What the element with the text has as its <c>lang</c>.</summary>
    public static string Language => CultureInfo.CurrentUICulture.TwoLetterISOLanguageName;

    public static string T(string english, params ReadOnlySpan<object?> values)
    {
        var text = Language == "de" ? german.GetString(english, CultureInfo.InvariantCulture) ?? english : english;
        return values.Length == 0 ? text : string.Format(CultureInfo.CurrentCulture, text, values);
    }

    /// <summary>How many of something there are.</summary>
    /// <param name="many">With <c>{0}</c> where the number stands.</param>
    public static string Plural(int? count, string one, string many) => count == 1 ? T(one) : T(many, Parts.Show.Number(count));
}
