using System.Collections.Immutable;

namespace EngageCenter.LoadTests;

/// <summary>The result of one scenario. The report's JSON contains all of it.</summary>
/// <param name="Load">The load in words.</param>
/// <param name="IsOpen">Whether it was an open loop, in which latency counts from when an operation was due.</param>
/// <param name="Seconds">The time in which the counted operations were done, from the end of the warm-up.</param>
/// <param name="Waited">Operations that were due while the most allowed were running; 0 in a closed loop.</param>
/// <param name="IsInterrupted">Whether the run was ended early.</param>
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

/// <param name="Latency">From when an operation was due to its end: what a caller waited.</param>
/// <param name="Service">From the start of an operation to its end.</param>
/// <param name="Delay">From when an operation was due to its start.</param>
internal sealed record OperationResult(
    string Kind, long Count, double PerSecond, Percentiles Latency, Percentiles Service, Percentiles Delay, ImmutableArray<CurvePoint> Curve);

/// <summary>Percentiles in milliseconds.</summary>
internal readonly record struct Percentiles(double P50, double P90, double P99, double P999, double Max);

/// <param name="Percentile">0 to 100.</param>
internal readonly record struct CurvePoint(double Percentile, double Milliseconds);

/// <param name="First">The message of the first such error.</param>
/// <param name="IsWrong">Whether the service gave a wrong answer.</param>
internal sealed record ErrorCount(string Operation, string Error, long Count, string First, bool IsWrong);

/// <param name="Of">Whose processor time it is.</param>
/// <param name="Microseconds">Processor time for each counted operation, over all cores.</param>
/// <param name="Cores">How many cores were busy on average.</param>
internal sealed record ProcessorUse(string Of, double Microseconds, double Cores);

/// <param name="Second">The end of the interval, from the start of the run including the warm-up.</param>
/// <param name="Median">The median latency in milliseconds of the operations that ended in it; null if there are none.</param>
internal readonly record struct IntervalResult(double Second, double PerSecond, double? Median, double? P99, long Errors, long UnderWay);
