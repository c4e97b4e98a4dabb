using System.Collections.Immutable;
using HdrHistogram;

namespace EngageCenter.LoadTests;

/// <summary>The times of one kind of operation.</summary>
internal sealed class Timed
{
    /// <summary>Longer than any run, and than any wait in a run.</summary>
    private static readonly TimeSpan longest = TimeSpan.FromHours(3);

    /// <summary>Significant digits. A machine that does other work cannot measure more exactly than a thousandth of a value.</summary>
    private const int Digits = 3;

    /// <summary>Points of the curve each time the share of slower operations halves.</summary>
    private const int PointsPerHalving = 4;

    private readonly LongHistogram latency = NewHistogram();
    private readonly LongHistogram service = NewHistogram();
    private readonly LongHistogram delay = NewHistogram();

    public static LongHistogram NewHistogram() => new((long)longest.TotalMicroseconds, Digits);

    public static void Record(LongHistogram histogram, TimeSpan time) =>
        histogram.RecordValue(Math.Clamp((long)time.TotalMicroseconds, 0, histogram.HighestTrackableValue));

    public static double Milliseconds(long microseconds) => microseconds / 1_000.0;

    public void Record(TimeSpan due, TimeSpan started, TimeSpan ended)
    {
        Record(latency, ended - due);
        Record(service, ended - started);
        Record(delay, started - due);
    }

    public OperationResult Measured(string kind, TimeSpan length) => new(
        kind, latency.TotalCount, latency.TotalCount / length.TotalSeconds, PercentilesOf(latency), PercentilesOf(service), PercentilesOf(delay), Curve());

    private static Percentiles PercentilesOf(LongHistogram of) => new(
        Milliseconds(of.GetValueAtPercentile(50)), Milliseconds(of.GetValueAtPercentile(90)), Milliseconds(of.GetValueAtPercentile(99)),
        Milliseconds(of.GetValueAtPercentile(99.9)), Milliseconds(of.GetMaxValue()));

    // Each point is a measured value. The last one is the slowest, at 100 %.
    private ImmutableArray<CurvePoint> Curve() =>
        [.. latency.Percentiles(PointsPerHalving).Select(p => new CurvePoint(p.Percentile, Milliseconds(p.ValueIteratedTo)))];
}
