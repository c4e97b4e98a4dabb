using System.Globalization;

namespace EngageCenter.Support;

/// <summary>
/// The first part of a real incident log (C. A. L. Amaral, M. Fantinato, S. M. Peres: Incident management process enriched event
/// log, UCI Machine Learning Repository, 2018). It is not part of this repository; tests look for it beside the repository.
/// </summary>
internal static class RealLog
{
    public static string? File { get; } = Find();

    /// <summary>Null if the tests have to run.</summary>
    public static string? SkipReason { get; } = File is null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI"))
        ? "../shared/data/incident_event_log.csv is not there; it is part of a data set of the UCI Machine Learning Repository."
        : null;

    public static IReadOnlyList<SupportCase> Updates()
    {
        var lines = System.IO.File.ReadAllLines(File ?? throw new FileNotFoundException("../shared/data/incident_event_log.csv"));
        var columns = lines[0].Split(',');
        return [.. lines.Skip(1).Select(line => columns.Zip(line.Split(',')).ToDictionary(c => c.First, c => c.Second)).Select(Map)];
    }

    private static SupportCase Map(Dictionary<string, string> row)
    {
        var status = row["incident_state"] switch
        {
            "New" => CaseStatus.New,
            "Active" or "Awaiting Problem" or "Awaiting Vendor" or "Awaiting Evidence" => CaseStatus.InProgress,
            "Awaiting User Info" => CaseStatus.WaitingForCustomer,
            "Resolved" => CaseStatus.Resolved,
            "Closed" => CaseStatus.Closed,
            var other => throw new InvalidDataException(other),
        };
        return new(
            row["number"],
            long.Parse(row["sys_mod_count"], CultureInfo.InvariantCulture),
            Instant(row["sys_updated_at"])!.Value,
            Instant(row["opened_at"])!.Value,
            Known(row["u_symptom"]) ?? "Incident",
            status,
            row["priority"] switch
            {
                "1 - Critical" => CaseSeverity.One,
                "2 - High" => CaseSeverity.A,
                "3 - Moderate" => CaseSeverity.B,
                "4 - Low" => CaseSeverity.C,
                var other => throw new InvalidDataException(other),
            },
            row["category"],
            null,
            Known(row["location"]),
            bool.Parse(row["made_sla"]),
            null,
            status is CaseStatus.Resolved or CaseStatus.Closed ? Instant(row["resolved_at"]) : null,
            status is CaseStatus.Closed ? Instant(row["closed_at"]) : null,
            null);
    }

    private static string? Known(string value) => value == "?" ? null : value;

    private static DateTimeOffset? Instant(string value) => Known(value) is null
        ? null
        : DateTimeOffset.ParseExact(value, "dd-MM-yyyy HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static string? Find()
    {
        var file = Path.Combine(Repository.Root, "..", "shared", "data", "incident_event_log.csv");
        return System.IO.File.Exists(file) ? file : null;
    }
}

/// <summary>A test on the <see cref="RealLog"/>. Without the file it is skipped with a message; in CI it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RealLogFactAttribute : FactAttribute
{
    public RealLogFactAttribute() => Skip = RealLog.SkipReason;
}

/// <inheritdoc cref="RealLogFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RealLogTheoryAttribute : TheoryAttribute
{
    public RealLogTheoryAttribute() => Skip = RealLog.SkipReason;
}
