using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using EngageCenter.Access;

namespace EngageCenter.Grains.Tests;

/// <summary>Collects what the silos of one cluster measure of access coherence from now on: sums, and the number of durations.</summary>
internal sealed class AccessMeter : IDisposable
{
    private const string Prefix = "engagecenter.access.";

    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<string, double> measured = [];

    public AccessMeter(GrainCluster cluster)
    {
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name == AccessMetrics.MeterName && cluster.Owns(instrument.Meter))
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(instrument, value));
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Add(instrument, value));
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => Add(instrument, 1));
        listener.Start();
    }

    public double this[string name] => measured.GetValueOrDefault(name);

    /// <summary>Reads the observable instruments.</summary>
    public void Observe() => listener.RecordObservableInstruments();

    public void Dispose() => listener.Dispose();

    private void Add(Instrument instrument, double value) =>
        measured.AddOrUpdate(instrument.Name[Prefix.Length..], value, (_, before) => before + value);
}
