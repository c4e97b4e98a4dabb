using System.Globalization;
using System.Resources;

namespace EngageCenter.Portal;

/// <summary>
/// The texts of the pages. The English text is the key and is written in the page that shows it. Texts.de.resx has the German
/// translation of each; a test checks that none is missing.
/// </summary>
internal static class Texts
{
    // The file is embedded in the assembly, so that every host that includes the portal has it.
    private static readonly ResourceManager german = new("Texts.de", typeof(Texts).Assembly);

    /// <summary>The languages of the pages, each with its own name for itself. The first is used if a browser asks for any other.</summary>
    public static IReadOnlyList<(string Tag, string Name)> Languages { get; } = [("en", "English"), ("de", "Deutsch")];

    /// <summary>The value of the <c>lang</c> attribute for the texts.</summary>
    public static string Language => CultureInfo.CurrentUICulture.TwoLetterISOLanguageName;

    public static string T(string english, params ReadOnlySpan<object?> values)
    {
        var text = Language == "de" ? german.GetString(english, CultureInfo.InvariantCulture) ?? english : english;
        return values.Length == 0 ? text : string.Format(CultureInfo.CurrentCulture, text, values);
    }

    /// <summary>Returns a text with a count, in the singular or plural.</summary>
    /// <param name="many">The plural, with <c>{0}</c> for the number.</param>
    public static string Plural(int? count, string one, string many) => count == 1 ? T(one) : T(many, Parts.Show.Number(count));
}
