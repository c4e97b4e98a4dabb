using System.Text.Json;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Assessments;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Tests.Assessments;

public class FocusAreasTests
{
    [Theory]
    [InlineData("SecurityAndCompliance", "SecurityAndCompliance")]
    [InlineData("Security and Compliance", "SecurityAndCompliance")]
    [InlineData("security & compliance", "SecurityAndCompliance")]
    [InlineData("SECURITY_AND_COMPLIANCE", "SecurityAndCompliance")]
    [InlineData("Security", "SecurityAndCompliance")]
    [InlineData("availability-and-business-continuity", "AvailabilityAndBusinessContinuity")]
    [InlineData("Performance", "PerformanceAndScalability")]
    [InlineData("Upgrade, Migration and Deployment", "UpgradeMigrationAndDeployment")]
    [InlineData("Upgrade, Migration, and Deployment", "UpgradeMigrationAndDeployment")]
    [InlineData("UpgradeAndMigration", "UpgradeMigrationAndDeployment")]
    [InlineData("OperationsMonitoring", "OperationsAndMonitoring")]
    [InlineData("Change and Configuration Management", "ChangeAndConfigurationManagement")]
    [InlineData("securityandcompliance", null)]
    [InlineData("securityAndCompliance", null)]
    [InlineData("SECURITY", null)]
    [InlineData("Security and Scalability", null)]
    [InlineData("SecurityAndCompliance,OperationsAndMonitoring", null)]
    [InlineData("Security/Compliance", null)]
    [InlineData("Sécurité", null)]
    [InlineData("and", null)]
    [InlineData("&", null)]
    [InlineData("0", null)]
    public void An_area_is_known_by_its_name_or_words_of_it(string text, string? area)
    {
        var errors = new RequestErrors();
        var fields = JsonFields.Of(JsonSerializer.SerializeToElement(new { focusArea = text }), "", errors)!;

        Assert.Equal(area, FocusAreas.Required(fields, "focusArea")?.ToString());
        Assert.Equal(area is null, errors.Any);
    }

    [Fact]
    public void Every_area_is_known_by_each_of_its_names()
    {
        foreach (var area in Enum.GetValues<FocusArea>())
        {
            var errors = new RequestErrors();
            Assert.Equal(area, FocusAreas.Required(JsonFields.Of(JsonSerializer.SerializeToElement(new { a = area.ToString() }), "", errors)!, "a"));
        }
    }
}
