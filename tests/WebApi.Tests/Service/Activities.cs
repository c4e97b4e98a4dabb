using System.Text.Json.Nodes;

namespace EngageCenter.WebApi.Tests.Service;

internal static class Activities
{
    /// <summary>The activity that exists in every workspace in which roles are granted.</summary>
    public const string Onboarding = "onboarding";

    /// <summary>
    /// Returns a valid activity for the package of <see cref="RunningService.Agreement"/>, delivered in the middle of 2026.
    /// </summary>
    public static JsonObject Of(params (string Name, JsonNode? Value)[] changes)
    {
        var activity = new JsonObject
        {
            ["packageId"] = "contoso-unified",
            ["kind"] = "Proactive",
            ["title"] = "Resilience workshop",
            ["status"] = "Delivered",
            ["hoursPurchased"] = 16,
            ["hoursDelivered"] = 12.5,
            ["plannedAt"] = "2026-07-01T08:00:00Z",
            ["deliveredAt"] = "2026-07-02T15:00:00Z",
            ["evidenceUri"] = "https://contoso.example/evidence/1",
        };
        foreach (var (name, value) in changes)
        {
            activity[name] = value;
        }

        return activity;
    }
}
