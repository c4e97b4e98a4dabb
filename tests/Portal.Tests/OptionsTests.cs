using Microsoft.AspNetCore.Builder;

namespace EngageCenter.Portal.Tests;

public sealed class OptionsTests
{
    [Theory]
    [InlineData("Development", "--Portal:Url=nowhere", "Portal:Url")]
    [InlineData("Development", "--Portal:ApiUrl=nowhere", "Portal:ApiUrl")]
    [InlineData("Development", "--Portal:Scope= ", "Portal:Scope")]
    [InlineData("Development", "--Portal:Sope=x", "Sope")]
    [InlineData("Production", "--Portal:KnownProxies:0=proxy", "Portal:KnownProxies contains 'proxy'")]
    [InlineData("Production", "--Portal:KnownProxies:0=10.0.0.1/8", "Portal:KnownProxies contains '10.0.0.1/8'")]
    [InlineData("Production", "--Portal:PartTimeout=00:00:00", "Portal:PartTimeout")]
    [InlineData("Production", "--Portal:MaxConnections=0", "Portal:MaxConnections")]
    [InlineData("Production", "--Portal:AddressShare=0", "Portal:AddressShare")]
    [InlineData("Production", "--Portal:ConnectionsAtOnce=1", "ConnectionsAtOnce")]
    [InlineData("Production", "--Portal:LocalEntraThumbprint=00", "Portal:LocalEntraThumbprint")]
    [InlineData("Production", "--Portal:Sessions:Redis=localhost:6379", "Portal:Sessions:CertificateFile")]
    [InlineData("Production", "--Portal:Sessions:CertificateFile=x.crt", "Portal:Sessions:Redis")]
    [InlineData("Production", "--AzureAd:ClientId= ", "AzureAd:ClientId")]
    [InlineData("Production", "--Portal:Sessions:PreviousKeyFile=x.key", "Portal:Sessions:Redis")]
    public void Invalid_setting_is_refused_by_its_name(string environment, string setting, string named)
    {
        var builder = WebApplication.CreateBuilder([$"--environment={environment}", "--AzureAd:Instance=https://localhost:1/", setting]);

        Assert.Contains(named, Assert.Throws<SettingException>(() => builder.AddEngageCenterPortal()).Message, StringComparison.Ordinal);
    }
}
