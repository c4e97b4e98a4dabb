namespace EngageCenter.Assessments;

public class AssessmentOptionsTests
{
    [Theory]
    [InlineData("1.00:00:00", "01:00:00", true)]
    [InlineData("01:00:00", "00:00:01", true)]
    [InlineData("30.00:00:00", "1.00:00:00", true)]
    [InlineData("00:59:59", "01:00:00", false)]
    [InlineData("30.00:00:01", "01:00:00", false)]
    [InlineData("1.00:00:00", "00:00:00.9999999", false)]
    [InlineData("1.00:00:00", "-00:00:01", false)]
    [InlineData("1.00:00:00", "1.00:00:00.0000001", false)]
    public void Ranges_of_settings_are_as_documented(string runTimeout, string firstRunAfter, bool isInRange)
    {
        var options = new AssessmentOptions { RunTimeout = TimeSpan.Parse(runTimeout), FirstRunAfter = TimeSpan.Parse(firstRunAfter) };
        Assert.Equal(isInRange, options.IsInRange);
    }
}
