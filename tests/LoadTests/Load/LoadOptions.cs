namespace EngageCenter.LoadTests;

/// <summary>How much load, and for how long.</summary>
/// <param name="PerSecond">An open loop: so many become due each second, whatever the service does. Null for a closed loop.</param>
/// <param name="MostUnderWay">Of an open loop the most at once; of a closed loop its callers, each with one at a time.</param>
/// <param name="WarmUp">Before anything is measured.</param>
/// <param name="Duration">In which measured operations become due.</param>
/// <param name="Interval">Between lines of progress.</param>
internal sealed record LoadOptions(
    double? PerSecond, ArrivalProcess Arrivals, int MostUnderWay, TimeSpan WarmUp, TimeSpan Duration, TimeSpan Interval, int Seed)
{
    public TimeSpan End => WarmUp + Duration;

    public override string ToString() => PerSecond is { } rate
        ? $"{rate}/s, {(Arrivals == ArrivalProcess.Poisson ? "Poisson" : "constant")} arrivals"
        : $"{MostUnderWay} caller{(MostUnderWay == 1 ? "" : "s")} in a closed loop";
}
