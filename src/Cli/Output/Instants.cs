using System.Globalization;

namespace EngageCenter.Cli.Output;

internal static class Instants
{
    /// <summary>Prints an instant in UTC, to the minute.</summary>
    public static string Minutes(DateTimeOffset? instant, string none = "") =>
        instant is { } known ? known.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) : none;
}
