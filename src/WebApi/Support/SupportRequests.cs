using System.ComponentModel;
using EngageCenter.Support;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using FluentValidation;

namespace EngageCenter.WebApi.Support;

internal sealed record CaseListQuery(
    [property: Description("Only cases of this status.")] CaseStatus? Status,
    [property: Description("Only cases of this severity.")] CaseSeverity? Severity,
    [property: Description("Only cases of this product, by its whole name.")] string? Product,
    [property: Description("Part of the id or title, case-insensitively.")] string? Search,
    [property: Description("Created at or after.")] DateTimeOffset? From,
    [property: Description("Created before.")] DateTimeOffset? To,
    int? PageSize, Cursor? Cursor, bool? Bom) : IQuery<CaseListQuery>, IExported
{
    public CaseQuery ToQuery() => new(Status, Severity, Product, Search, From, To, this.Page());
}

internal sealed class CaseListValidator : PagedValidator<CaseListQuery>
{
    public CaseListValidator()
    {
        RuleFor(query => query.Product).Text(Queries.MaxTextLength);
        RuleFor(query => query.Search).Text(Queries.MaxTextLength);
        RuleFor(query => query.From).Before(query => query.To);
    }
}

internal sealed record InsightsQuery(
    [property: Description("The window's start; six months before its end where nothing is said.")] DateTimeOffset? From,
    [property: Description("The window's end, not in it; now where nothing is said.")] DateTimeOffset? To) : IQuery<InsightsQuery>
{
    private const int DefaultMonths = 6;

    /// <summary>Without an end up to now, and without a start the six months before the end.</summary>
    public InsightsWindow Window(DateTimeOffset now)
    {
        var to = To ?? now;
        return new(From ?? (to >= DateTimeOffset.MinValue.AddMonths(DefaultMonths) ? to.AddMonths(-DefaultMonths) : DateTimeOffset.MinValue), to);
    }
}

internal sealed class InsightsValidator : RequestValidator<InsightsQuery>
{
    public InsightsValidator(TimeProvider time)
    {
        RuleFor(query => query.From)
            .Must((query, _) => query.Window(time.GetUtcNow()) is var window && window.From < window.To)
            .WithMessage(query => query.To is null ? "Must be before now, which is the end where no 'to' is given." : "Must be before 'to'.")
            .Must((query, _) => Months(query.Window(time.GetUtcNow())) <= InsightsWindow.MaxMonths)
            .WithMessage($"The window may touch at most {InsightsWindow.MaxMonths} calendar months.");
    }

    /// <summary>The calendar months (UTC) that the window touches; its end is not in it.</summary>
    private static int Months(InsightsWindow window)
    {
        var first = window.From.UtcDateTime;
        var last = window.To.UtcDateTime.AddTicks(-1);
        return ((last.Year - first.Year) * 12) + last.Month - first.Month + 1;
    }
}
