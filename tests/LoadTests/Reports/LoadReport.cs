using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EngageCenter.LoadTests;

/// <summary>The report on one cluster; <c>report.json</c> contains it.</summary>
/// <param name="Format">Must grow when a later version would misread an older report.</param>
/// <param name="Command">The arguments, without the folder of the report.</param>
internal sealed record LoadReport(
    int Format,
    DateTimeOffset MeasuredAt,
    Surroundings On,
    TargetResult Target,
    string Data,
    string Command,
    string Timing,
    ImmutableArray<RunResult> Runs)
{
    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        IgnoreReadOnlyProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string ToJson() => JsonSerializer.Serialize(this, json) + "\n";

    /// <exception cref="ReportException">The file is not a report that this version can read.</exception>
    public static async Task<LoadReport> ReadAsync(string file)
    {
        try
        {
            var report = JsonSerializer.Deserialize<LoadReport>(await File.ReadAllTextAsync(file), json);
            return report?.Format == CurrentFormat ? report : throw new ReportException($"{file} is no report of format {CurrentFormat}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ReportException($"{file} cannot be read: {e.Message}", e);
        }
    }
}

/// <param name="Description">The kind of cluster in words.</param>
internal sealed record TargetResult(int Silos, string Description);

/// <summary>A report cannot be read or written. The message is for the person who asked for it.</summary>
public sealed class ReportException(string message, Exception? cause = null) : Exception(message, cause);
