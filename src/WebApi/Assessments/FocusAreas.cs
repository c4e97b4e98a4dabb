using EngageCenter.Assessments;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Assessments;

/// <summary>
/// Reads a focus area by its name, or as the reports of Microsoft's assessments write it: <c>SecurityAndCompliance</c>,
/// or <c>Security and Compliance</c>. Answers have the name.
/// </summary>
internal static class FocusAreas
{
    public static FocusArea? Required(JsonFields fields, string name) =>
        fields.RequiredText(name, QueryFields.MaxTextLength) is { } text ? Parse(text, message => fields.Refuse(name, message)) : null;

    public static FocusArea? Optional(QueryFields fields, string name, RequestErrors errors) =>
        fields.Text(name) is { } text ? Parse(text, message => errors.Add(name, message)) : null;

    private static FocusArea? Parse(string text, Action<string> refuse)
    {
        var words = string.Concat(text.Where(c => c is not (' ' or ',')));
        foreach (var area in Enum.GetValues<FocusArea>())
        {
            if (words.Equals(area.ToString(), words.Length == text.Length ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase))
            {
                return area;
            }
        }

        refuse(WireNames.For<FocusArea>().Message);
        return null;
    }
}
