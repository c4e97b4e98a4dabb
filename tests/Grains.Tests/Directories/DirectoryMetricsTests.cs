using System.Diagnostics.Metrics;
using EngageCenter.Directories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.Grains.Tests.Directories;

public sealed class DirectoryMetricsTests : IDisposable
{
    private readonly Guid one = Guid.NewGuid();
    private readonly Guid other = Guid.NewGuid();
    private readonly FakeTimeProvider time = new();
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly DirectoryMetrics metrics;

    public DirectoryMetricsTests() => metrics = new(services.GetRequiredService<IMeterFactory>(), time);

    public void Dispose() => services.Dispose();

    [Fact]
    public void Lag_is_0_without_a_followed_tenant()
    {
        Assert.Equal(0, Lag());
        metrics.Follows(one);
        time.Advance(TimeSpan.FromSeconds(5));
        metrics.Unfollows(one);
        Assert.Equal(0, Lag());
    }

    [Fact]
    public void Lag_counts_from_the_oldest_begin_of_a_last_complete_round()
    {
        metrics.Follows(one);
        metrics.Follows(other);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(30, Lag());

        var begun = time.GetTimestamp();
        time.Advance(TimeSpan.FromSeconds(2));
        metrics.CaughtUp(one, begun);
        Assert.Equal(32, Lag());
        metrics.CaughtUp(other, begun);
        Assert.Equal(2, Lag());

        // After an incomplete round the lag continues.
        time.Advance(TimeSpan.FromSeconds(3));
        metrics.Followed(TimeSpan.FromSeconds(1), isComplete: false);
        Assert.Equal(5, Lag());
    }

    [Fact]
    public void Late_round_of_an_unfollowed_tenant_does_not_count()
    {
        metrics.CaughtUp(one, time.GetTimestamp());
        time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(0, Lag());
    }

    private double Lag()
    {
        var lag = double.NaN;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "engagecenter.directory.lag" && instrument.Meter.Scope == services.GetRequiredService<IMeterFactory>())
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => lag = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return lag;
    }
}
