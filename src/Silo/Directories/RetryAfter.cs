using System.Globalization;

namespace EngageCenter.Directories;

/// <summary>Reads <c>Retry-After</c> in each form that Graph sends: seconds, also with decimals, an HTTP date, or nothing usable.</summary>
internal static class RetryAfter
{
    /// <returns>Null if it says nothing; never negative, at most a day.</returns>
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
