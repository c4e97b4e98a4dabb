using System.ComponentModel;
using EngageCenter.Support;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using FluentValidation;

namespace EngageCenter.WebApi.Support;

internal sealed record CaseListQuery(
    [property: Description("Only cases of this status.")] CaseStatus? Status,
    [property: Description("Only cases of this severity.")] CaseSeverity? Severity,
    [property: Description("Only cases of this product, by its full name.")] string? Product,
    [property: Description("Only cases whose id or title contains this text, case-insensitively.")] string? Search,
    [property: Description("Only cases created at or after this time.")] DateTimeOffset? From,
    [property: Description("Only cases created before this time.")] DateTimeOffset? To,
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
    [property: Description("The start of the window; by default six months before its end.")] DateTimeOffset? From,
    [property: Description("The end of the window, exclusive; now by default.")] DateTimeOffset? To) : IQuery<InsightsQuery>
{
    private const int DefaultMonths = 6;

    /// <summary>Returns the window, which by default ends now and starts six months before its end.</summary>
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
            .WithMessage(query => query.To is null ? "Must be before now, which is the end if 'to' is absent." : "Must be before 'to'.")
            .Must((query, _) => Months(query.Window(time.GetUtcNow())) <= InsightsWindow.MaxMonths)
            .WithMessage($"The window must not touch more than {InsightsWindow.MaxMonths} calendar months.");
    }

    /// <summary>Counts the calendar months (UTC) that the window touches. The end is exclusive.</summary>
    private static int Months(InsightsWindow window)
    {
        var first = window.From.UtcDateTime;
        var last = window.To.UtcDateTime.AddTicks(-1);
        return ((last.Year - first.Year) * 12) + last.Month - first.Month + 1;
    }
}
