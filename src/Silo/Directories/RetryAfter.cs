using System.Globalization;

namespace EngageCenter.Directories;

/// <summary>
/// Reads the <c>Retry-After</c> header in every form that Graph sends: seconds, with or without decimals, or an HTTP date.
/// </summary>
internal static class RetryAfter
{
    /// <returns>Null if the header is absent or unusable; otherwise 0 to 1 day.</returns>
    public static TimeSpan? Read(string? header, DateTimeOffset now)
    {
        if (double.TryParse(header, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && double.IsFinite(seconds))
        {
            return Bounded(TimeSpan.FromSeconds(Math.Min(seconds, 86_400)));
        }

        return DateTimeOffset.TryParseExact(header, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? Bounded(date - now) : null;
    }

    private static TimeSpan Bounded(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : wait;
}
