using EngageCenter.Directories;

namespace EngageCenter.Grains.Tests.Directories;

public sealed class DirectoryHealthTests
{
    private static readonly DateTimeOffset Morning = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Directory_that_answered_last_time_is_connected()
    {
        var health = DirectoryHealth.Unknown.Refused(Minute, "no");
        health = DirectoryHealth.Answered(Minute * 2);

        Assert.Equal(new(DirectoryStatus.Connected, Morning + (Minute * 2)), health.State(Minute * 9, Morning + (Minute * 9)));
    }

    [Theory]
    [InlineData(5, DirectoryStatus.Delayed)]
    [InlineData(6, DirectoryStatus.Failed)]
    public void Silent_directory_is_delayed_for_five_minutes_and_then_failed(int minute, DirectoryStatus status)
    {
        var health = DirectoryHealth.Answered(Minute).Refused(Minute * 2, "Graph answered 503.");

        var state = health.State(Minute * minute, Morning + (Minute * minute));

        Assert.Equal(new(status, Morning + Minute, Minute * (minute - 1), "Graph answered 503."), state);
    }

    [Fact]
    public void Directory_that_never_answered_has_failed() =>
        Assert.Equal(new(DirectoryStatus.Failed, null, null, "no"), DirectoryHealth.Unknown.Refused(Minute, "no").State(Minute, Morning));

    [Fact]
    public void State_is_stale_after_a_minute()
    {
        Assert.True(DirectoryHealth.Unknown.IsStale(TimeSpan.Zero));
        Assert.False(DirectoryHealth.Answered(Minute).IsStale((Minute * 2) - TimeSpan.FromTicks(1)));
        Assert.True(DirectoryHealth.Answered(Minute).IsStale(Minute * 2));
        Assert.False(DirectoryHealth.Answered(Minute).Refused(Minute * 2, "no").IsStale(Minute * 2.5));
    }
}
