using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using FluentValidation;

namespace EngageCenter.WebApi.Activities;

/// <summary>The body of a request that creates or replaces an activity.</summary>
/// <param name="PackageId">One of the workspace's packages.</param>
/// <param name="Title">1 to 500 characters.</param>
/// <param name="Status">A cancelled activity does not count.</param>
/// <param name="HoursPurchased">
/// 0 to 1,000,000 with at most four decimals. Counts only if the agreement states no hours for the package.
/// </param>
/// <param name="HoursDelivered">0 to 1,000,000 with at most four decimals.</param>
/// <param name="EvidenceUri">An absolute http or https URI of at most 2,000 characters.</param>
internal sealed record PutActivityRequest(
    string PackageId,
    [property: Required] ActivityKind? Kind,
    string Title,
    [property: Required] ActivityStatus? Status,
    decimal? HoursPurchased,
    decimal? HoursDelivered,
    DateTimeOffset? PlannedAt,
    DateTimeOffset? DeliveredAt,
    string? EvidenceUri) : IBody<PutActivityRequest>
{
    public CustomerActivity ToActivity(string activityId) => new(
        activityId, PackageId, Kind!.Value, Title, Status!.Value, HoursPurchased, HoursDelivered, PlannedAt, DeliveredAt, EvidenceUri);
}

internal sealed class PutActivityValidator : RequestValidator<PutActivityRequest>
{
    public PutActivityValidator()
    {
        RuleFor(activity => activity.PackageId).Id();
        RuleFor(activity => activity.Title).Text(CustomerActivity.MaxTitleLength);
        RuleFor(activity => activity.HoursPurchased).Amount(Package.MaxHours, Package.HoursDecimals);
        RuleFor(activity => activity.HoursDelivered).Amount(Package.MaxHours, Package.HoursDecimals);
        RuleFor(activity => activity.EvidenceUri).Text(CustomerActivity.MaxUriLength).Must(uri => uri is null || Text.IsWebAddress(uri))
            .WithMessage("Must be an absolute http or https URI without a user name.");
    }
}

internal sealed record ActivityListQuery(
    [property: Description("Only activities of this kind.")] ActivityKind? Kind,
    [property: Description("Only activities of this status.")] ActivityStatus? Status,
    [property: Description("Only activities of this package.")] string? PackageId,
    [property: Description("Only activities dated at or after this time.")] DateTimeOffset? From,
    [property: Description("Only activities dated before this time.")] DateTimeOffset? To,
    int? PageSize, Cursor? Cursor, bool? Bom) : IQuery<ActivityListQuery>, IExported
{
    public ActivityQuery ToQuery() => new(Kind, Status, PackageId, From, To, this.Page());
}

internal sealed class ActivityListValidator : PagedValidator<ActivityListQuery>
{
    public ActivityListValidator()
    {
        RuleFor(query => query.PackageId).Text(Queries.MaxTextLength);
        RuleFor(query => query.From).Before(query => query.To);
    }
}
