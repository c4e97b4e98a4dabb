using System.Buffers;
using System.Text;

namespace EngageCenter.Paging;

/// <summary>
/// A search text that ignores case and how accents are encoded: <c>STRASSE</c> finds <c>Straße</c>, and é as one character finds
/// é as a letter with a combining accent.
/// </summary>
/// <remarks>
/// Compares canonical caseless matches as Unicode defines them (The Unicode Standard, section 3.13, D145): both sides are
/// decomposed, folded, and composed again, so that a letter without an accent does not find one with an accent.
/// </remarks>
internal sealed class SearchTerm
{
    // The full case foldings of CaseFolding.txt (status F) that the decomposition before them does not already make.
    private static readonly Dictionary<int, string> expansions = new()
    {
        [0x00DF] = "ss",
        [0x1E9E] = "ss",
        [0x0149] = "\u02BCn",
        [0x1E9A] = "a\u02BE",
        [0x0587] = "\u0565\u0582",
        [0xFB00] = "ff",
        [0xFB01] = "fi",
        [0xFB02] = "fl",
        [0xFB03] = "ffi",
        [0xFB04] = "ffl",
        [0xFB05] = "st",
        [0xFB06] = "st",
        [0xFB13] = "\u0574\u0576",
        [0xFB14] = "\u0574\u0565",
        [0xFB15] = "\u0574\u056B",
        [0xFB16] = "\u057E\u0576",
        [0xFB17] = "\u0574\u056D",
    };

    private readonly string folded;

    // Null if the term has a character that no ASCII text has. Much faster over many texts than string.Contains.
    private readonly SearchValues<string>? ascii;

    public SearchTerm(string text)
    {
        folded = Fold(text);
        ascii = Ascii.IsValid(folded) ? SearchValues.Create([folded], StringComparison.OrdinalIgnoreCase) : null;
    }

    public static SearchTerm? Of(string? text) => text is null ? null : new(text);

    public bool IsIn(string? text) =>
        text is not null
        && (Ascii.IsValid(text)
            ? ascii is not null && text.AsSpan().ContainsAny(ascii)
            : Fold(text).Contains(folded, StringComparison.Ordinal));

    /// <summary>Returns a text in a form that is equal for texts that differ only in case or in their encoding.</summary>
    public static string Fold(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.ToLowerInvariant();
        }

        var result = new StringBuilder(text.Length);
        foreach (var rune in Valid(text).Normalize(NormalizationForm.FormD).EnumerateRunes())
        {
            if (expansions.TryGetValue(rune.Value, out var expansion))
            {
                result.Append(expansion);
            }
            else
            {
                // By way of upper case, so that the two lower-case sigmas, and s and the long s, are the same.
                Append(result, Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune)));
            }
        }

        return result.ToString().Normalize(NormalizationForm.FormC);
    }

    // Names from outside may have half a surrogate pair, which cannot be normalized.
    private static string Valid(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Append(result, rune);
        }

        return result.ToString();
    }

    private static void Append(StringBuilder result, Rune rune)
    {
        Span<char> characters = stackalloc char[2];
        result.Append(characters[..rune.EncodeToUtf16(characters)]);
    }
}
