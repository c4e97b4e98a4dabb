using System.Text.Json.Serialization;
using EngageCenter.Learning;

namespace EngageCenter.WebApi.Learning;

/// <summary>A course of the catalogue.</summary>
/// <param name="Language">A BCP 47 tag.</param>
internal sealed record CourseResponse(
    string CourseId, string Title, CourseFormat Format, string Product, string Language, int DurationMinutes)
{
    public static CourseResponse Of(Course course) =>
        new(course.CourseId, course.Title, course.Format, course.Product, course.Language, course.DurationMinutes);
}

/// <summary>The caller's progress in a course. The course is shown as it was when it was started.</summary>
/// <param name="ProgressPercent">The greatest progress ever reported.</param>
/// <param name="CompletedAt">When 100 was first reported; absent before.</param>
internal sealed record EnrollmentResponse(
    string CourseId,
    string Title,
    CourseFormat Format,
    string Product,
    string Language,
    int DurationMinutes,
    int ProgressPercent,
    DateTimeOffset StartedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? CompletedAt,
    DateTimeOffset UpdatedAt)
{
    public static EnrollmentResponse Of(Enrollment enrollment) => new(
        enrollment.Course.CourseId,
        enrollment.Course.Title,
        enrollment.Course.Format,
        enrollment.Course.Product,
        enrollment.Course.Language,
        enrollment.Course.DurationMinutes,
        enrollment.ProgressPercent,
        enrollment.StartedAt,
        enrollment.CompletedAt,
        enrollment.UpdatedAt);
}

/// <summary>The courses that all people of a workspace together started and completed.</summary>
/// <param name="ByMonth">Every calendar month (UTC) from the first to the last in which something was started or completed.</param>
/// <param name="ByProduct">
/// At most 500 products, as in each month. Ordered by courses started, most first, then by name.
/// </param>
internal sealed record ConsumptionResponse(
    string WorkspaceId,
    DateTimeOffset GeneratedAt,
    ConsumptionTotalsJson Totals,
    IReadOnlyList<MonthConsumptionJson> ByMonth,
    IReadOnlyList<ProductConsumptionJson> ByProduct)
{
    public static ConsumptionResponse Of(string workspaceId, Consumption consumption) => new(
        workspaceId,
        consumption.GeneratedAt,
        new(consumption.Totals.Started, consumption.Totals.Completed),
        [.. consumption.ByMonth.Select(MonthConsumptionJson.Of)],
        [.. consumption.ByProduct.Select(ProductConsumptionJson.Of)]);
}

internal sealed record ConsumptionTotalsJson(int Started, int Completed);

/// <param name="ByProduct">Only products whose courses were started or completed in the month.</param>
internal sealed record MonthConsumptionJson(string Month, int Started, int Completed, IReadOnlyList<ProductConsumptionJson> ByProduct)
{
    public static MonthConsumptionJson Of(MonthConsumption month) => new(
        FormattableString.Invariant($"{month.Month:yyyy-MM}"),
        month.Counts.Started,
        month.Counts.Completed,
        [.. month.ByProduct.Select(ProductConsumptionJson.Of)]);
}

internal sealed record ProductConsumptionJson(string Product, int Started, int Completed)
{
    public static ProductConsumptionJson Of(ProductConsumption product) => new(product.Product, product.Counts.Started, product.Counts.Completed);
}
