using System.Globalization;
using System.Text.Json.Nodes;

namespace EngageCenter.DevHost;

/// <summary>Invents support cases over the last year, so that the default window of the insights shows some.</summary>
internal static class SampleCases
{
    public const int Count = 300;

    private static readonly string[] Products = ["Azure Kubernetes Service", "Azure SQL Database", "Exchange Online", "Microsoft Entra ID", "Microsoft Teams", "Power BI", "Windows Server"];
    private static readonly string[] Troubles = ["is slow since this morning", "refuses connections", "answers with an error after an update", "cannot be reached from the branch office", "shows old data", "needs advice on sizing"];
    private static readonly string[] Locations = ["Amsterdam", "Lisbon", "Seattle", "Singapore"];
    private static readonly string[] Contacts = ["grady.archie@contoso.example", "henrietta.mueller@contoso.example", "megan.bowen@contoso.example"];
    private static readonly (string Severity, double HoursToRespond, double DaysToClose)[] Severities = [("1", 1, 2), ("A", 1, 4), ("B", 4, 9), ("B", 4, 9), ("C", 8, 16), ("C", 8, 16)];

    /// <summary>Returns the same cases for the same workspace and time.</summary>
    public static JsonArray Invent(string workspaceId, DateTimeOffset now)
    {
        var random = new Random(workspaceId.Aggregate(17, (seed, c) => (seed * 31) + c));
        return [.. Enumerable.Range(1, Count).Select(n => Invent(n, random, now))];
    }

    private static JsonObject Invent(int number, Random random, DateTimeOffset now)
    {
        var created = now - TimeSpan.FromHours(1 + (random.NextDouble() * 24 * 365));
        var (severity, hours, days) = Pick(random, Severities);
        var responded = created + TimeSpan.FromHours(hours * 2 * random.NextDouble());
        var resolved = created + TimeSpan.FromDays(days * (0.05 + (random.NextDouble() * random.NextDouble() * 3)));
        var closed = resolved + TimeSpan.FromDays(1 + random.NextDouble());
        var product = Pick(random, Products);
        var status = closed <= now ? "Closed"
            : resolved <= now ? "Resolved"
            : responded > now ? "New"
            : random.Next(3) == 0 ? "WaitingForCustomer" : "InProgress";
        DateTimeOffset[] steps = [created, responded, resolved, closed];
        return new JsonObject
        {
            ["caseId"] = $"SR-{number.ToString("D6", CultureInfo.InvariantCulture)}",
            ["revision"] = 1,
            ["lastUpdatedAt"] = Instant(steps.Where(s => s <= now).Max()),
            ["createdAt"] = Instant(created),
            ["title"] = $"{product} {Pick(random, Troubles)}",
            ["status"] = status,
            ["severity"] = severity,
            ["product"] = product,
            ["cloud"] = "Public",
            ["location"] = Pick(random, Locations),
            ["slaMet"] = responded <= now ? responded - created <= TimeSpan.FromHours(hours * 1.5) : null,
            ["firstResponseAt"] = responded <= now ? Instant(responded) : null,
            ["resolvedAt"] = resolved <= now ? Instant(resolved) : null,
            ["closedAt"] = closed <= now ? Instant(closed) : null,
            ["primaryContact"] = Pick(random, Contacts),
        };
    }

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];

    private static string Instant(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
