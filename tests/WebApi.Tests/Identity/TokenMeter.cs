using System.Diagnostics.Metrics;
using EngageCenter.WebApi.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.WebApi.Tests.Identity;

/// <summary>
/// Counts, from now on, how many tokens one API validates in full, and how many remembered ones it accepts.
/// </summary>
internal sealed class TokenMeter : IDisposable
{
    private readonly MeterListener listener = new();
    private int validated;
    private int recalled;

    public TokenMeter(IServiceProvider services)
    {
        var meters = services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name == TokenMemory.MeterName && instrument.Meter.Scope == meters)
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
            Interlocked.Add(ref instrument.Name.EndsWith("recalled", StringComparison.Ordinal) ? ref recalled : ref validated, (int)value));
        listener.Start();
    }

    /// <summary>Returns the counts since the last call.</summary>
    public (int Validated, int Recalled) Take() => (Interlocked.Exchange(ref validated, 0), Interlocked.Exchange(ref recalled, 0));

    public void Dispose() => listener.Dispose();
}
