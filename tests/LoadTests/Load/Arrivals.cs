namespace EngageCenter.LoadTests;

internal enum ArrivalProcess
{
    /// <summary>Arrivals at equal distances.</summary>
    Constant,

    /// <summary>Independent arrivals, like those of many callers: the distances are exponentially distributed.</summary>
    Poisson,
}

/// <summary>Computes when operations are due, counted from the start of a run. It does not depend on the service.</summary>
internal static class Arrivals
{
    /// <param name="perSecond">The rate; for Poisson arrivals the mean rate.</param>
    /// <param name="length">All arrivals are before this time.</param>
    public static IEnumerable<TimeSpan> Of(ArrivalProcess process, double perSecond, TimeSpan length, int seed) => process switch
    {
        ArrivalProcess.Constant => Constant(perSecond, length),
        ArrivalProcess.Poisson => Poisson(perSecond, length, new Random(seed)),
        _ => throw new ArgumentOutOfRangeException(nameof(process), process, null),
    };

    // Each is computed from the start instead of from the previous one, so that rounding errors do not add up.
    private static IEnumerable<TimeSpan> Constant(double perSecond, TimeSpan length)
    {
        for (var n = 0L; TimeSpan.FromSeconds(n / perSecond) is var due && due < length; n++)
        {
            yield return due;
        }
    }

    private static IEnumerable<TimeSpan> Poisson(double perSecond, TimeSpan length, Random random)
    {
        var seconds = 0.0;
        while (true)
        {
            // NextDouble is less than 1, so the logarithm is of a number above 0.
            seconds -= Math.Log(1 - random.NextDouble()) / perSecond;
            var due = TimeSpan.FromSeconds(seconds);
            if (due >= length)
            {
                yield break;
            }

            yield return due;
        }
    }
}
