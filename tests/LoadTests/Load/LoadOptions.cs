namespace EngageCenter.LoadTests;

/// <summary>How much load, and for how long.</summary>
/// <param name="PerSecond">For an open loop: how many operations become due per second, independent of the service. Null for a closed loop.</param>
/// <param name="MostUnderWay">For an open loop, the most operations at the same time. For a closed loop, the number of callers, each with one operation at a time.</param>
/// <param name="WarmUp">The time before the measurement.</param>
/// <param name="Duration">The time in which measured operations become due.</param>
/// <param name="Interval">The time between two lines of progress.</param>
internal sealed record LoadOptions(
    double? PerSecond, ArrivalProcess Arrivals, int MostUnderWay, TimeSpan WarmUp, TimeSpan Duration, TimeSpan Interval, int Seed)
{
    public TimeSpan End => WarmUp + Duration;

    public override string ToString() => PerSecond is { } rate
        ? $"{rate}/s, {(Arrivals == ArrivalProcess.Poisson ? "Poisson" : "constant")} arrivals"
        : $"{MostUnderWay} caller{(MostUnderWay == 1 ? "" : "s")} in a closed loop";
}
