using System.Text.Json.Nodes;

namespace EngageCenter;

/// <summary>Bodies of requests.</summary>
internal static class Samples
{
    /// <summary>An agreement with one contact, who is its support manager.</summary>
    public static JsonObject Agreement(string type, string tenantId, string organization, string contact, params IEnumerable<string> packages) => new()
    {
        ["name"] = $"{organization} support",
        ["agreementType"] = type,
        ["organization"] = new JsonObject { ["tenantId"] = tenantId, ["name"] = organization },
        ["startDate"] = "2026-01-01",
        ["endDate"] = "2035-12-31",
        ["contacts"] = new JsonArray(new JsonObject
        {
            ["role"] = "CustomerSupportManager",
            ["tenantId"] = tenantId,
            ["userId"] = contact,
            ["displayName"] = "Support Manager",
            ["email"] = "manager@example.com",
        }),
        ["packages"] = new JsonArray([.. packages.Select(id => new JsonObject
        {
            ["packageId"] = id,
            ["kind"] = "EnterpriseWide",
            ["name"] = $"Package {id}",
            ["startDate"] = "2026-01-01",
            ["endDate"] = "2035-12-31",
            ["billingAccountId"] = "billing",
            ["billingProfileId"] = "profile",
        })]),
        ["billingReaders"] = new JsonArray(),
    };
}
