using EngageCenter.Directories;

namespace EngageCenter.Silo.Tests.Directories;

public sealed class RetryAfterTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0", 0d)]
    [InlineData("120", 120d)]
    [InlineData("0.25", 0.25)]
    [InlineData("99999999999", 86_400d)]
    [InlineData("Sun, 01 Mar 2026 08:00:30 GMT", 30d)]
    [InlineData("Sun, 01 Mar 2026 07:59:00 GMT", 0d)]
    [InlineData("Wed, 01 Mar 2028 08:00:00 GMT", 86_400d)]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("-5", null)]
    [InlineData("1e9", null)]
    [InlineData("NaN", null)]
    [InlineData("2026-03-01", null)]
    public void Every_form_of_Retry_After_is_read_and_bounded(string? header, double? seconds) => Assert.Equal(seconds, RetryAfter.Read(header, Now)?.TotalSeconds);
}
