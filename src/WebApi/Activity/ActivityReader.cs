using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Activities;

/// <summary>Reads an activity, and a query for activities, and names everything that is wrong with them.</summary>
internal static class ActivityReader
{
    /// <summary>Null where there are errors.</summary>
    public static CustomerActivity? Read(string activityId, JsonFields body, RequestErrors errors)
    {
        var packageId = body.RequiredId("packageId");
        var kind = body.RequiredChoice("kind", WireNames.For<ActivityKind>());
        var title = body.RequiredText("title", CustomerActivity.MaxTitleLength);
        var status = body.RequiredChoice("status", WireNames.For<ActivityStatus>());
        var purchased = body.OptionalAmount("hoursPurchased", Package.MaxHours, Package.HoursDecimals);
        var delivered = body.OptionalAmount("hoursDelivered", Package.MaxHours, Package.HoursDecimals);
        var plannedAt = body.OptionalInstant("plannedAt");
        var deliveredAt = body.OptionalInstant("deliveredAt");
        var evidence = body.OptionalWebAddress("evidenceUri", CustomerActivity.MaxUriLength);
        return errors.Any ? null : new(
            activityId, packageId!, kind!.Value, title!, status!.Value, purchased, delivered, plannedAt, deliveredAt, evidence);
    }

    public static ActivityQuery ReadQuery(QueryFields fields)
    {
        var (from, to) = fields.Window();
        return new(
            fields.Choice("kind", WireNames.For<ActivityKind>()),
            fields.Choice("status", WireNames.For<ActivityStatus>()),
            fields.Text("packageId"),
            from,
            to,
            fields.Page());
    }
}
