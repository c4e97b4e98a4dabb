using System.Globalization;
using System.Text.Json.Nodes;

namespace EngageCenter.DevHost;

/// <summary>Invents activities for a package around the present day: delivered, in progress and planned ones.</summary>
internal static class SampleActivities
{
    private static readonly (string Kind, string Title, int Days, string Status, decimal? Hours)[] year =
    [
        ("Proactive", "Kick-off and service delivery plan", -210, "Delivered", 8),
        ("Assessment", "Assessment of SQL Server, read out", -160, "Delivered", 24),
        ("Learning", "Workshop: operating Azure Kubernetes Service", -110, "Delivered", 16),
        ("Reactive", "Root cause analysis of a sign-in outage", -64, "Delivered", 12.5m),
        ("Proactive", "Recovery drill", -20, "Cancelled", null),
        ("Proactive", "Health check of Windows Server", -4, "InProgress", 6),
        ("Learning", "Lab: conditional access", 21, "Planned", null),
        ("Proactive", "Review of the service delivery plan", 60, "Planned", null),
    ];

    /// <summary>Returns the activities of one package, with their ids.</summary>
    public static IEnumerable<(string ActivityId, JsonObject Activity)> Invent(string packageId, DateTimeOffset now) => year.Select((planned, n) =>
    {
        var day = Instant(now.AddDays(planned.Days));
        var activity = new JsonObject
        {
            ["packageId"] = packageId,
            ["kind"] = planned.Kind,
            ["title"] = planned.Title,
            ["status"] = planned.Status,
            ["plannedAt"] = day,
        };
        if (planned.Hours is { } hours)
        {
            activity["hoursDelivered"] = hours;
        }

        if (planned.Status == "Delivered")
        {
            activity["deliveredAt"] = day;
            activity["evidenceUri"] = $"https://evidence.contoso.example/{packageId}/{n + 1}";
        }

        return ($"{packageId}-{(n + 1).ToString("D2", CultureInfo.InvariantCulture)}", activity);
    });

    private static string Instant(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'09:00:00'Z'", CultureInfo.InvariantCulture);
}
