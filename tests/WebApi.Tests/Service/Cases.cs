using System.Text.Json.Nodes;

namespace EngageCenter.WebApi.Tests.Service;

internal static class Cases
{
    /// <summary>Returns a valid update of a support case, made in the middle of 2026.</summary>
    public static JsonObject Of(string caseId, params (string Name, JsonNode? Value)[] changes)
    {
        var update = new JsonObject
        {
            ["caseId"] = caseId,
            ["revision"] = 1,
            ["lastUpdatedAt"] = "2026-07-02T12:00:00Z",
            ["createdAt"] = "2026-07-01T08:00:00Z",
            ["title"] = "Virtual machine does not start",
            ["status"] = "InProgress",
            ["severity"] = "A",
            ["product"] = "Azure",
        };
        foreach (var (name, value) in changes)
        {
            update[name] = value;
        }

        return update;
    }
}
