using System.Globalization;
using System.Text.Json.Nodes;
using EngageCenter.Assessments;

namespace EngageCenter.WebApi.Tests.Service;

internal static class Runs
{
    /// <summary>
    /// A technology that has had its first run, with <see cref="Results"/>, in every workspace where all roles are granted.
    /// </summary>
    public const string Assessed = "ActiveDirectory";

    /// <summary>Returns the id of a technology's first run.</summary>
    public static string First(string technology) => $"{technology}-1";

    /// <summary>Returns another technology than <see cref="Assessed"/>, so that no run is in progress.</summary>
    public static string Another(string unique)
    {
        var others = TechnologyTable.All.RemoveAll(t => t.Id == Assessed);
        return others[unique.Length == 0 ? 0 : int.Parse(unique, CultureInfo.InvariantCulture) % others.Length].Id;
    }

    /// <summary>Returns the example results from the service's own reference.</summary>
    public static JsonObject Results() => Completed(
        Recommendation(
            "AD-17", ("title", "Remove accounts that nobody uses from privileged groups"), ("businessImpact", 5), ("probability", 4), ("effort", 2),
            ("affectedObjects", new JsonArray("CONTOSO\\svc-backup", "CONTOSO\\svc-scan"))),
        Recommendation(
            "AD-42", ("focusArea", "OperationsAndMonitoring"), ("title", "Monitor replication between sites"), ("businessImpact", 3), ("probability", 3),
            ("affectedObjects", 4)));

    public static JsonObject Completed(params JsonObject[] recommendations) =>
        new() { ["status"] = "Completed", ["recommendations"] = new JsonArray([.. recommendations]) };

    public static JsonObject Recommendation(string id, params (string Name, JsonNode? Value)[] changes)
    {
        var recommendation = new JsonObject
        {
            ["recommendationId"] = id,
            ["focusArea"] = "SecurityAndCompliance",
            ["title"] = "Do something",
            ["businessImpact"] = 1,
            ["probability"] = 1,
            ["effort"] = 1,
        };
        foreach (var (name, value) in changes)
        {
            recommendation[name] = value;
        }

        return recommendation;
    }
}
