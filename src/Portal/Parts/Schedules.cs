using System.Xml;
using static EngageCenter.Portal.Texts;

namespace EngageCenter.Portal.Parts;

/// <summary>How often a technology is assessed.</summary>
internal static class Schedules
{
    /// <summary>The days between two runs that a form offers.</summary>
    public static IReadOnlyList<int> Days { get; } = [1, 7, 14, 30, 90];

    /// <param name="interval">An ISO 8601 duration, as the API has it.</param>
    public static string Words(string? interval) => Read(interval) switch
    {
        null => T("None"),
        { TotalDays: 1 } => T("Every day"),
        { TotalDays: var days } when days == Math.Floor(days) => T("Every {0} days", Show.Number(days)),
        { TotalHours: var hours } => T("Every {0} hours", Show.Number(hours)),
    };

    public static TimeSpan? Read(string? interval) => interval is null ? null : XmlConvert.ToTimeSpan(interval);
}
