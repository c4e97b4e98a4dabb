using System.Collections.Immutable;

namespace EngageCenter.LoadTests;

/// <summary>What came of one scenario. All of it is in the report's JSON.</summary>
/// <param name="Load">How operations came, in words.</param>
/// <param name="IsOpen">An open loop: latency counts from when an operation was due.</param>
/// <param name="Seconds">In which the counted operations were done, from the end of the warm-up.</param>
/// <param name="Waited">Operations that were due while as many as are allowed were under way; 0 in a closed loop.</param>
/// <param name="IsInterrupted">Somebody ended it before its time.</param>
internal sealed record RunResult(
    string Scenario,
    string Load,
    bool IsOpen,
    double Seconds,
    ImmutableArray<OperationResult> Operations,
    ImmutableArray<ErrorCount> Errors,
    long Waited,
    bool IsInterrupted,
    ImmutableArray<ProcessorUse> Processors,
    ImmutableArray<IntervalResult> Intervals)
{
    public long Count => Operations.Sum(o => o.Count);

    public double PerSecond => Operations.Sum(o => o.PerSecond);

    public long ErrorCount => Errors.Sum(e => e.Count);
}

/// <param name="Latency">From when it was due to its end: what a caller waited, also for its turn.</param>
/// <param name="Service">From its start to its end.</param>
/// <param name="Delay">From when it was due to its start.</param>
internal sealed record OperationResult(
    string Kind, long Count, double PerSecond, Percentiles Latency, Percentiles Service, Percentiles Delay, ImmutableArray<CurvePoint> Curve);

/// <summary>Milliseconds.</summary>
internal readonly record struct Percentiles(double P50, double P90, double P99, double P999, double Max);

/// <param name="Percentile">0 to 100.</param>
internal readonly record struct CurvePoint(double Percentile, double Milliseconds);

/// <param name="First">The message of the first of them.</param>
/// <param name="IsWrong">The service answered, and wrongly.</param>
internal sealed record ErrorCount(string Operation, string Error, long Count, string First, bool IsWrong);

/// <param name="Of">Whose processor time it is.</param>
/// <param name="Microseconds">Of all cores, for each counted operation.</param>
/// <param name="Cores">Cores that were busy with it on average.</param>
internal sealed record ProcessorUse(string Of, double Microseconds, double Cores);

/// <param name="Second">At its end, from the start of the run, the warm-up included.</param>
/// <param name="Median">Milliseconds of latency, of those that ended in it; null where none did.</param>
internal readonly record struct IntervalResult(double Second, double PerSecond, double? Median, double? P99, long Errors, long UnderWay);
