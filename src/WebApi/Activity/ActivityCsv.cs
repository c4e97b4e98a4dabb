using EngageCenter.Activities;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Activities;

/// <summary>Customer activity as CSV.</summary>
internal static class ActivityCsv
{
    public static CsvTable<CustomerActivity> Table { get; } = new(
        "activities",
        ("activityId", a => a.ActivityId),
        ("packageId", a => a.PackageId),
        ("kind", a => a.Kind.ToString()),
        ("title", a => a.Title),
        ("status", a => a.Status.ToString()),
        ("hoursPurchased", a => Csv.Cell(a.HoursPurchased)),
        ("hoursDelivered", a => Csv.Cell(a.HoursDelivered)),
        ("plannedAt", a => Csv.Cell(a.PlannedAt)),
        ("deliveredAt", a => Csv.Cell(a.DeliveredAt)),
        ("evidenceUri", a => a.EvidenceUri));
}
