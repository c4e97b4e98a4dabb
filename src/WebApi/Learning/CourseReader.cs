using EngageCenter.Learning;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Learning;

/// <summary>Reads a course from a request, and names everything that is wrong with it.</summary>
internal static class CourseReader
{
    /// <summary>Null where there are errors, in the id or before.</summary>
    public static Course? Read(string courseId, JsonFields body, RequestErrors errors)
    {
        var title = body.RequiredText("title", Course.MaxTitleLength);
        var format = body.RequiredChoice("format", WireNames.For<CourseFormat>());
        var product = body.RequiredText("product", Course.MaxProductLength);
        var language = Language(body.RequiredText("language", Course.MaxLanguageLength), errors);
        var duration = body.RequiredWhole("durationMinutes", 1, Course.MaxDurationMinutes);
        return errors.Any ? null : new(courseId, title!, format!.Value, product!, language!, duration!.Value);
    }

    public static CourseQuery ReadQuery(QueryFields fields, RequestErrors errors) => new(
        fields.Choice("format", WireNames.For<CourseFormat>()),
        fields.Text("product"),
        Language(fields.Text("language"), errors),
        fields.Text("search"),
        fields.Page());

    private static string? Language(string? raw, RequestErrors errors)
    {
        if (raw is null)
        {
            return null;
        }

        if (!LanguageTag.TryRead(raw, out var tag))
        {
            errors.Add("language", LanguageTag.Message);
        }

        return tag;
    }
}
