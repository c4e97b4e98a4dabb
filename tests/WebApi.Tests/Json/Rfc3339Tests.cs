using CsCheck;
using EngageCenter.WebApi.Json;

namespace EngageCenter.WebApi.Tests.Json;

public sealed class Rfc3339Tests
{
    [Theory]
    [InlineData("2026-07-01T08:00:00Z", "2026-07-01T08:00:00Z")]
    [InlineData("2026-07-01t08:00:00z", "2026-07-01T08:00:00Z")]
    [InlineData("2026-07-01T08:00:00.5Z", "2026-07-01T08:00:00.5Z")]
    [InlineData("2026-07-01T08:00:00.123456789Z", "2026-07-01T08:00:00.1234567Z")]
    [InlineData("2026-07-01T08:00:00+02:00", "2026-07-01T06:00:00Z")]
    [InlineData("2026-07-01T08:00:00-00:00", "2026-07-01T08:00:00Z")]
    [InlineData("2026-07-01T08:00:00", null)]
    [InlineData("2026-07-01", null)]
    [InlineData("2026-07-01 08:00:00Z", null)]
    [InlineData("2026-07-01T08:00Z", null)]
    [InlineData("2026-02-30T08:00:00Z", null)]
    [InlineData("2026-07-01T24:00:00Z", null)]
    [InlineData("2026-07-01T08:00:00+15:00", null)]
    [InlineData("0001-01-01T00:00:00+01:00", null)]
    [InlineData("2026-07-01T08:00:00Z\n", null)]
    [InlineData("٢٠٢٦-07-01T08:00:00Z", null)]
    [InlineData("", null)]
    public void Instant_needs_an_offset_and_is_converted_to_UTC(string text, string? expected) =>
        Assert.Equal(expected, Rfc3339.TryParse(text, out var instant) ? Rfc3339.Format(instant) : null);

    [Theory]
    [InlineData("2026-07-01", "2026-07-01")]
    [InlineData("2026-07-01T23:30:00-02:00", null)]
    [InlineData("2026-07-01T00:00:00Z", null)]
    [InlineData("01/07/2026", null)]
    [InlineData("2026-7-1", null)]
    [InlineData("2026-13-01", null)]
    public void Date_is_a_day_without_a_time(string text, string? expected) =>
        Assert.Equal(expected, Rfc3339.TryParseDate(text, out var date) ? $"{date:yyyy-MM-dd}" : null);

    [Fact]
    public void Formatted_value_can_be_parsed_again() =>
        Gen.DateTimeOffset.Sample(instant => Rfc3339.TryParse(Rfc3339.Format(instant), out var read) && read == instant);
}
