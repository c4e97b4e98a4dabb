using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Storage;

/// <summary>Reports each refused row, with the reason, in the log and in a metric of the meter <see cref="MeterName"/>.</summary>
public sealed partial class RefusedRows
{
    public const string MeterName = "EngageCenter.Storage";

    private readonly ILogger<RefusedRows> logger;
    private readonly Counter<long> refused;

    public RefusedRows(IMeterFactory meters, ILogger<RefusedRows> logger)
    {
        ArgumentNullException.ThrowIfNull(meters);
        this.logger = logger;
        refused = meters.Create(MeterName).CreateCounter<long>(
            "engagecenter.storage.refused_rows", "{read}", "Reads of rows that this release cannot read, or that do not hold together.");
        refused.Add(0);
    }

    /// <returns>The exception to throw: the caller is told that the service is unavailable, and nothing is written.</returns>
    public StorageUnavailableException Report(GrainId owner, string row, string reason)
    {
        refused.Add(1, new KeyValuePair<string, object?>("grain", owner.Type.ToString()));

        // The key of a person's grain identifies the person, so it is not logged.
        var name = owner.Type.ToString() == "user" ? "of a person" : $"of {owner}";
        LogRefused(logger, row, name, reason);
        return new($"Row {row} {name} is refused: {reason}.");
    }

    [LoggerMessage(LogLevel.Error, "Row {Row} {Owner} is refused, and is not written over: {Reason}. `Silo -- check` lists all such rows")]
    private static partial void LogRefused(ILogger logger, string row, string owner, string reason);
}
