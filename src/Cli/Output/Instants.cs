using System.Globalization;

namespace EngageCenter.Cli.Output;

internal static class Instants
{
    /// <summary>Minutes in UTC, the same for whoever reads it.</summary>
    public static string Minutes(DateTimeOffset? instant, string none = "") =>
        instant is { } known ? known.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) : none;
}
