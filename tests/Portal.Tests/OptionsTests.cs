using Microsoft.AspNetCore.Builder;

namespace EngageCenter.Portal.Tests;

public sealed class OptionsTests
{
    [Theory]
    [InlineData("Development", "--Portal:Url=nowhere", "Portal:Url")]
    [InlineData("Development", "--Portal:ApiUrl=nowhere", "Portal:ApiUrl")]
    [InlineData("Development", "--Portal:Scope= ", "Portal:Scope")]
    [InlineData("Development", "--Portal:Sope=x", "Sope")]
    [InlineData("Production", "--Portal:LocalEntraThumbprint=00", "Portal:LocalEntraThumbprint")]
    [InlineData("Production", "--Portal:Sessions:Redis=localhost:6379", "Portal:Sessions:CertificateFile")]
    [InlineData("Production", "--Portal:Sessions:CertificateFile=x.crt", "Portal:Sessions:Redis")]
    [InlineData("Production", "--Portal:Sessions:PreviousKeyFile=x.key", "Portal:Sessions:Redis")]
    public void A_setting_that_is_not_usable_is_refused_by_its_name(string environment, string setting, string named)
    {
        var builder = WebApplication.CreateBuilder([$"--environment={environment}", "--AzureAd:Instance=https://localhost:1/", setting]);

        Assert.Contains(named, Assert.Throws<SettingException>(() => builder.AddEngageCenterPortal()).Message, StringComparison.Ordinal);
    }
}
