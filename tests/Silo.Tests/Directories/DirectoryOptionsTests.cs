using EngageCenter.Directories;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace EngageCenter.Silo.Tests.Directories;

public sealed class DirectoryOptionsTests
{
    private static readonly Dictionary<string, string?> Good = new()
    {
        ["ClientId"] = "e0000000-0000-4000-8000-000000000001",
        ["ClientCredentials:0:SourceType"] = "ClientSecret",
        ["ClientCredentials:0:ClientSecret"] = "secret",
    };

    [Theory]
    [InlineData("ClientId", "engage-center", "Directory:ClientId")]
    [InlineData("ClientCredentials:0:SourceType", "Hope", "Directory")]
    [InlineData("Instance", "http://login.example", "Directory:Instance")]
    [InlineData("Graph", "http://graph.example/v1.0", "Directory:Graph")]
    [InlineData("Graph", "https://graph.microsoft.com/v1.0?x=1", "Directory:Graph")]
    [InlineData("Graph", "graph", "Directory:Graph")]
    [InlineData("Poll", "00:11:00", "Directory:Poll")]
    [InlineData("Poll", "00:00:00.5", "Directory:Poll")]
    [InlineData("Tenants:0", "contoso", "Directory")]
    [InlineData("Tenant", "contoso", "Tenant")]
    public void Unusable_value_is_refused_with_its_name(string key, string value, string named)
    {
        var refused = Assert.Throws<SettingException>(() => Compose("Development", key, value));

        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Development", true)]
    [InlineData("Production", false)]
    public void Stand_in_without_TLS_is_allowed_only_in_development(string environment, bool isTaken)
    {
        var refusal = Record.Exception(() => Compose(environment, "Graph", "http://localhost:8081/graph/v1.0"));

        Assert.Equal(isTaken, refusal is null);
    }

    [Fact]
    public void Missing_credential_is_refused()
    {
        var options = new DirectoryOptions { ClientId = Good["ClientId"]! };

        Assert.Throws<SettingException>(() => options.Checked(isDevelopment: false));
    }

    [Theory]
    [InlineData("https://graph.microsoft.com/v1.0/", "https://graph.microsoft.com/.default")]
    [InlineData("https://microsoftgraph.chinacloudapi.cn/v1.0", "https://microsoftgraph.chinacloudapi.cn/.default")]
    [InlineData("http://127.0.0.1:8081/graph/v1.0", "https://graph.microsoft.com/.default")]
    public void Token_scope_follows_the_cloud_of_the_address(string graph, string scope) =>
        Assert.Equal(scope, new DirectoryOptions { Graph = graph }.Scope);

    // Composed, not started: the directory is created when a grain first asks for it.
    private static void Compose(string environment, string key, string value)
    {
        var builder = WebApplication.CreateBuilder([$"--environment={environment}"]);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(Good) { [key] = value }.Select(s => KeyValuePair.Create($"Directory:{s.Key}", s.Value)));
        builder.AddEngageCenterSilo();
    }
}
