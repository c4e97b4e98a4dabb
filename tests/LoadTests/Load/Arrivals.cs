namespace EngageCenter.LoadTests;

internal enum ArrivalProcess
{
    /// <summary>At equal distances.</summary>
    Constant,

    /// <summary>Independent of each other, as those of many callers are: exponentially distributed distances.</summary>
    Poisson,
}

/// <summary>When operations are due, counted from the start of a run. Whatever the service does, this does not change.</summary>
internal static class Arrivals
{
    /// <param name="perSecond">The rate; of Poisson arrivals the mean one.</param>
    /// <param name="length">All arrivals are before it.</param>
    public static IEnumerable<TimeSpan> Of(ArrivalProcess process, double perSecond, TimeSpan length, int seed) => process switch
    {
        ArrivalProcess.Constant => Constant(perSecond, length),
        ArrivalProcess.Poisson => Poisson(perSecond, length, new Random(seed)),
        _ => throw new ArgumentOutOfRangeException(nameof(process), process, null),
    };

    // Each from the start rather than from the one before, so that no rounding adds up.
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
            // NextDouble is below 1, so the logarithm is of more than 0.
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
