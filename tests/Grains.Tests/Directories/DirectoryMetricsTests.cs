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
    public void Without_a_tenant_there_is_no_lag()
    {
        Assert.Equal(0, Lag());
        metrics.Follows(one);
        time.Advance(TimeSpan.FromSeconds(5));
        metrics.Unfollows(one);
        Assert.Equal(0, Lag());
    }

    [Fact]
    public void The_lag_is_that_of_the_tenant_that_is_furthest_behind_since_its_last_complete_round_began()
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

        // What is not complete is still to be read.
        time.Advance(TimeSpan.FromSeconds(3));
        metrics.Followed(TimeSpan.FromSeconds(1), isComplete: false);
        Assert.Equal(5, Lag());
    }

    [Fact]
    public void A_round_of_a_tenant_that_is_not_followed_any_more_leaves_nothing_behind()
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
