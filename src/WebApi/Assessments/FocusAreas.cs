using System.Collections.Immutable;
using System.Text.RegularExpressions;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Assessments;

/// <summary>
/// Reads a focus area by its name, or by words of it as reports write it: <c>SecurityAndCompliance</c>,
/// <c>Security and Compliance</c>, <c>Security &amp; Compliance</c>, or <c>Security</c>. Answers have the name.
/// </summary>
internal static partial class FocusAreas
{
    // No two areas have a word in common, so one is enough.
    private static readonly ImmutableArray<(FocusArea Area, ImmutableArray<string> Words)> all =
        [.. Enum.GetValues<FocusArea>().Select(area => (area, WordsOf(area.ToString())))];

    public static FocusArea? Required(JsonFields fields, string name) =>
        fields.RequiredText(name, QueryFields.MaxTextLength) is { } text ? Parse(text, message => fields.Refuse(name, message)) : null;

    public static FocusArea? Optional(QueryFields fields, string name, RequestErrors errors) =>
        fields.Text(name) is { } text ? Parse(text, message => errors.Add(name, message)) : null;

    private static FocusArea? Parse(string text, Action<string> refuse)
    {
        if (Allowed().IsMatch(text) && WordsOf(text) is { IsEmpty: false } words)
        {
            // Words that stand apart are prose, and a name has the case of names.
            var comparer = text.All(char.IsAsciiLetter) ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
            foreach (var (area, known) in all)
            {
                if (words.All(word => known.Contains(word, comparer)))
                {
                    return area;
                }
            }
        }

        refuse(WireNames.For<FocusArea>().Message);
        return null;
    }

    private static ImmutableArray<string> WordsOf(string text) =>
        [.. Word().Matches(text).Select(match => match.Value).Where(word => !word.Equals("and", StringComparison.OrdinalIgnoreCase))];

    [GeneratedRegex(@"^[A-Za-z ,&_-]+\z")]
    private static partial Regex Allowed();

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();
}
