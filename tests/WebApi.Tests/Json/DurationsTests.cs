using EngageCenter.WebApi.Json;


namespace EngageCenter.WebApi.Tests.Json;

public class DurationsTests
{
    [Theory]
    [InlineData("P7D", 168)]
    [InlineData("P2W", 336)]
    [InlineData("PT90M", 1.5)]
    [InlineData("P1DT1H30M", 25.5)]
    [InlineData("PT1800.0S", 0.5)]
    [InlineData("P9999W", 1_679_832)]
    [InlineData("PT0S", 0)]
    [InlineData("7.00:00:00", 168)]
    [InlineData("01:30:00", 1.5)]
    public void Duration_of_a_fixed_length_is_read(string text, double hours)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromHours(hours), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1DT")]
    [InlineData("P1Y")]
    [InlineData("P1M")]
    [InlineData("-P1D")]
    [InlineData("P-1D")]
    [InlineData("P1.5D")]
    [InlineData("p1d")]
    [InlineData("P1W1D")]
    [InlineData(" P1D")]
    [InlineData("P1D\n")]
    [InlineData("P9999999D")]
    [InlineData("PT1S1M")]
    [InlineData("7")]
    [InlineData("1:2")]
    [InlineData("24:00:00")]
    [InlineData("00:60:00")]
    [InlineData("-01:00:00")]
    [InlineData("01:00:00\n")]
    [InlineData("٧.00:00:00")]
    public void Duration_without_a_fixed_length_is_refused(string text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData("P7D")]
    [InlineData("PT1H")]
    [InlineData("P1DT12H30M")]
    public void Formatted_value_can_be_parsed_again(string text)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(text, Durations.Format(duration));
    }
}
