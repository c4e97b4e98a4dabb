using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using EngageCenter.Learning;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using FluentValidation;

namespace EngageCenter.WebApi.Learning;

/// <param name="Title">1 to 500 characters.</param>
/// <param name="Product">1 to 100 characters.</param>
/// <param name="Language">A BCP 47 tag such as en or pt-BR.</param>
/// <param name="DurationMinutes">1 to 100,000.</param>
internal sealed record PutCourseRequest(
    string Title, [property: Required] CourseFormat? Format, string Product, string Language, [property: Required] int? DurationMinutes) : IBody<PutCourseRequest>
{
    public Course ToCourse(string courseId) =>
        new(courseId, Title, Format!.Value, Product, LanguageTag.Canonical(Language), DurationMinutes!.Value);
}

internal sealed class PutCourseValidator : RequestValidator<PutCourseRequest>
{
    public PutCourseValidator()
    {
        RuleFor(course => course.Title).Text(Course.MaxTitleLength);
        RuleFor(course => course.Product).Text(Course.MaxProductLength);
        RuleFor(course => course.Language).Text(Course.MaxLanguageLength).Language();
        RuleFor(course => course.DurationMinutes).Whole(1, Course.MaxDurationMinutes);
    }
}

internal sealed record CourseListQuery(
    [property: Description("Only courses of this format.")] CourseFormat? Format,
    [property: Description("Only courses about this product, by its full name.")] string? Product,
    [property: Description("Only courses in this language, by its full BCP 47 tag, case-insensitively.")] string? Language,
    [property: Description("Only courses whose id or title contains this text, case-insensitively.")] string? Search,
    int? PageSize, Cursor? Cursor) : IQuery<CourseListQuery>, IPaged
{
    public CourseQuery ToQuery() => new(Format, Product, Language is null ? null : LanguageTag.Canonical(Language), Search, this.Page());
}

internal sealed class CourseListValidator : PagedValidator<CourseListQuery>
{
    public CourseListValidator()
    {
        RuleFor(query => query.Product).Text(Queries.MaxTextLength);
        RuleFor(query => query.Language).Text(Queries.MaxTextLength).Language();
        RuleFor(query => query.Search).Text(Queries.MaxTextLength);
    }
}

/// <param name="ProgressPercent">A whole number from 0 to 100.</param>
internal sealed record PutEnrollmentRequest([property: Required] int? ProgressPercent) : IBody<PutEnrollmentRequest>;

internal sealed class PutEnrollmentValidator : RequestValidator<PutEnrollmentRequest>
{
    public PutEnrollmentValidator() => RuleFor(report => report.ProgressPercent).Whole(0, 100);
}

internal static class LanguageRules
{
    public static IRuleBuilderOptions<T, string?> Language<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(tag => tag is null || LanguageTag.TryRead(tag, out _)).WithMessage(LanguageTag.Message);
}
