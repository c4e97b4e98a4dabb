using System.Net;
using System.Net.Sockets;

namespace EngageCenter.WebApi.Tests;

/// <summary>
/// Tests errors that prevent a program's start: one line on standard error, exit code 1, and no stack trace.
/// </summary>
public sealed class StartTests : IDisposable
{
    private readonly TcpListener taken = new(IPAddress.Loopback, 0);
    private readonly string folder = Directory.CreateTempSubdirectory("engage-center-").FullName;

    public StartTests() => taken.Start();

    public void Dispose()
    {
        taken.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("AzureAd__ClientId", "", "AzureAd:ClientId")]
    [InlineData("AzureAd__Authority", "https://localhost:8081/common/v2.0", "AzureAd names the issuer 'https://localhost:8081/common/v2.0")]
    [InlineData("AzureAd__TokenValidationParameters__ValidateIssuer", "false", "ValidateIssuer")]
    [InlineData("WebApi__ApplicationTenants__0", "garbage", "WebApi:ApplicationTenants:0")]
    [InlineData("WebApi__MaxRequests", "many", "WebApi:MaxRequests")]
    [InlineData("WebApi__MaxRequest", "1", "There is no setting 'MaxRequest' in WebApi")]
    [InlineData("WebApi__RateLimit__FailuresPerMinute", "0", "FailuresPerMinute")]
    [InlineData("WebApi__RememberedTokens__Max", "1", "WebApi:RememberedTokens:Max")]
    [InlineData("WebApi__Decisions__Max", "1", "WebApi:Decisions:Max")]
    [InlineData("WebApi__RequestLog__Slow", "0", "WebApi:RequestLog")]
    [InlineData("WebApi__Url", "localhost", "WebApi:Url")]
    [InlineData("WebApi__Url", "ftp://localhost", "WebApi:Url")]
    [InlineData("WebApi__Url", "http://localhost:99999", "WebApi:Url")]
    [InlineData("WebApi__Gateways", "somewhere", "WebApi:Gateways")]
    [InlineData("Orleans__Clustering__ProviderType", "Nothing", "Nothing")]
    [InlineData("Shutdown__DrainDelay", "soon", "Shutdown:DrainDelay")]
    [InlineData("Dashboard__Enabled", "maybe", "Dashboard:Enabled")]
    [InlineData("Clustering__Tls__Certificate", "tls.crt", "There is no setting 'Certificate' in Clustering:Tls")]
    [InlineData("Clustering__Tls__TrustedCa", "ca.crt", "Clustering:Tls has no certificate")]
    public Task Web_node_reports_in_one_line_why_it_does_not_start(string setting, string value, string says) =>
        Refuses("EngageCenter.WebApi.dll", says, new() { ["AzureAd__ClientId"] = RunningWebApi.ClientId, ["WebApi__Url"] = "http://127.0.0.1:0" }, setting, value);

    [Theory]
    [InlineData("Access__Lease", "soon", "Access:Lease")]
    [InlineData("Access__Lease", "00:10:00", "Access: Lease")]
    [InlineData("Access__Leases", "00:00:10", "Leases")]
    [InlineData("Assessments__RunTimeout", "many", "Assessments:RunTimeout")]
    [InlineData("Silo__Url", "localhost", "Silo:Url")]
    [InlineData("Storage__SqliteFile", "/dev/null/store.db", "Storage:SqliteFile")]
    [InlineData("Orleans__Clustering__ProviderType", "Nothing", "Nothing")]
    [InlineData("Orleans__Endpoints__SiloPort", "many", "Orleans:Endpoints:SiloPort")]
    [InlineData("Dashboard__Enabled", "maybe", "Dashboard:Enabled")]
    [InlineData("Clustering__Tls__Certificate", "tls.crt", "There is no setting 'Certificate' in Clustering:Tls")]
    [InlineData("Clustering__Tls__CertificateFile", "absent.crt", "Clustering:Tls needs either TrustedCa or Thumbprints")]
    public Task Silo_reports_in_one_line_why_it_does_not_start(string setting, string value, string says) => Refuses("EngageCenter.Silo.dll", says, new()
    {
        ["Silo__Url"] = "http://127.0.0.1:0",
        ["Orleans__Endpoints__SiloPort"] = $"{FreePort.Next()}",
        ["Orleans__Endpoints__GatewayPort"] = $"{FreePort.Next()}",
    }, setting, value);

    [Theory]
    [InlineData("EngageCenter.WebApi.dll", "This web node connects to silos beyond this machine's loopback, and Clustering:Tls has no certificate")]
    [InlineData("EngageCenter.Silo.dll", "This silo listens on 192.0.2.1, and Clustering:Tls has no certificate")]
    public Task Outside_development_a_cluster_host_needs_a_certificate_to_start(string program, string says) => Refuses(program, says, new()
    {
        ["AzureAd__ClientId"] = RunningWebApi.ClientId,
        ["WebApi__Url"] = "http://127.0.0.1:0",
        ["Silo__Url"] = "http://127.0.0.1:0",
        ["Orleans__Clustering__ConnectionString"] = $"127.0.0.1:{FreePort.Next()}",
        ["Orleans__Endpoints__AdvertisedIPAddress"] = "192.0.2.1",
    }, "Orleans__Clustering__ProviderType", "Redis");

    [Theory]
    [InlineData("ASPNETCORE_ENVIRONMENT", "Production", "runs only in the environment 'Development'")]
    [InlineData("LocalEntra__TokenLifetime", "soon", "LocalEntra:TokenLifetime")]
    [InlineData("LocalEntra__Url", "http://127.0.0.1:taken", "address already in use")]
    public Task LocalEntra_reports_in_one_line_why_it_does_not_start(string setting, string value, string says) => Refuses("EngageCenter.LocalEntra.dll", says, new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Development",
        ["LocalEntra__Url"] = "http://127.0.0.1:0",
        ["LocalEntra__KeyFile"] = "",
        ["LocalEntra__DirectoryJson"] = """{"tenants":[{"tenantId":"10000000-0000-4000-8000-000000000000","displayName":"Contoso"}]}""",
    }, setting, value);

    private async Task Refuses(string program, string says, Dictionary<string, string> settings, string setting, string value)
    {
        settings[setting] = value.Replace("taken", $"{((IPEndPoint)taken.LocalEndpoint).Port}", StringComparison.Ordinal);
        await using var process = ProgramProcess.OfDotnet(Path.Combine(AppContext.BaseDirectory, program), folder, settings);
        var exitCode = await process.Ended();

        Assert.True(exitCode == 1, $"It ended with {exitCode}. {process}");
        var line = Assert.Single(process.Errors.TrimEnd('\n').Split('\n'));
        Assert.Contains(says, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", process.Output, StringComparison.Ordinal);
    }
}
