using EngageCenter.Support;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Support;

/// <summary>The window that insights are asked for.</summary>
internal static class InsightsWindows
{
    private const int DefaultMonths = 6;

    /// <summary>The last six months.</summary>
    public static InsightsWindow UpTo(DateTimeOffset to) => new(to.AddMonths(-DefaultMonths), to);

    /// <summary>From <c>from</c> and <c>to</c>; without an end up to now, and without a start the six months before the end.</summary>
    public static InsightsWindow Read(QueryFields query, RequestErrors errors, DateTimeOffset now)
    {
        var from = query.Instant("from");
        var to = query.Instant("to") ?? now;
        if (errors.Any)
        {
            return default;
        }

        var earliest = to >= DateTimeOffset.MinValue.AddMonths(DefaultMonths) ? to.AddMonths(-DefaultMonths) : DateTimeOffset.MinValue;
        var window = new InsightsWindow(from ?? earliest, to);
        if (window.From >= window.To)
        {
            errors.Add("from", "Must be before 'to'.");
        }
        else if (Months(window) > InsightsWindow.MaxMonths)
        {
            errors.Add("from", $"The window may touch {InsightsWindow.MaxMonths} calendar months.");
        }

        return window;
    }

    /// <summary>The calendar months (UTC) that the window touches; its end is not in it.</summary>
    public static int Months(InsightsWindow window)
    {
        var first = window.From.UtcDateTime;
        var last = window.To.UtcDateTime.AddTicks(-1);
        return ((last.Year - first.Year) * 12) + last.Month - first.Month + 1;
    }
}
