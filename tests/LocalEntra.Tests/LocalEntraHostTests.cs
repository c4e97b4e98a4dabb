using System.Net;
using Microsoft.Extensions.Configuration;

namespace EngageCenter.LocalEntra.Tests;

public sealed class LocalEntraHostTests
{
    private const string SomeDirectory = """--LocalEntra:DirectoryJson={"tenants":[{"tenantId":"10000000-0000-4000-8000-000000000000","displayName":"Contoso"}]}""";

    [Theory]
    [InlineData("http://0.0.0.0:8081")]
    [InlineData("http://*:8081")]
    [InlineData("http://+:8081")]
    [InlineData("http://[::]:8081")]
    [InlineData("http://192.168.1.10:8081")]
    [InlineData("http://example.com:8081")]
    [InlineData("http://localhost.example.com:8081")]
    [InlineData("https://localhost:8081")]
    [InlineData("http://localhost:0")]
    [InlineData("http://localhost:8081/entra")]
    [InlineData("http://someone@localhost:8081")]
    [InlineData("localhost:8081")]
    [InlineData("")]
    public void Address_beyond_loopback_is_refused(string url)
    {
        var refusal = Refusal(RunningEntra.Development, SomeDirectory, RunningEntra.NoKeyFile, $"--LocalEntra:Url={url}");

        Assert.StartsWith($"LocalEntra:Url is '{url}'", refusal);
    }

    [Theory]
    [InlineData("http://localhost:8081")]
    [InlineData("http://LOCALHOST:8081/")]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://127.9.9.9:8081")]
    [InlineData("http://[::1]:8081")]
    public async Task Address_on_loopback_is_accepted(string url)
    {
        await using var app = LocalEntraHost.Build([RunningEntra.Development, SomeDirectory, RunningEntra.NoKeyFile, $"--LocalEntra:Url={url}"]);

        Assert.NotNull(app);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData("development.example")]
    public void LocalEntra_does_not_start_outside_development(string environment)
    {
        var refusal = Refusal($"--environment={environment}", SomeDirectory, RunningEntra.NoKeyFile);

        Assert.Contains("runs only in the environment 'Development'", refusal);
        Assert.Contains(environment, refusal);
    }

    [Theory]
    [InlineData("LocalEntra:DirectoryFile is required", RunningEntra.NoKeyFile)]
    [InlineData("absent.json' cannot be read", "--LocalEntra:DirectoryFile=absent.json")]
    [InlineData("set only one of them", SomeDirectory, "--LocalEntra:DirectoryFile=absent.json")]
    [InlineData("LocalEntra:ApiClientId is 'engage'", SomeDirectory, "--LocalEntra:ApiClientId=engage")]
    [InlineData("LocalEntra:ApiIdUri is ''", SomeDirectory, "--LocalEntra:ApiIdUri=")]
    [InlineData("LocalEntra:TokenLifetime is 00:00:00;", SomeDirectory, "--LocalEntra:TokenLifetime=00:00:00")]
    [InlineData("LocalEntra:TokenLifetime is 1.00:00:01;", SomeDirectory, "--LocalEntra:TokenLifetime=1.00:00:01")]
    [InlineData("LocalEntra:TokenLifetime", SomeDirectory, "--LocalEntra:TokenLifetime=soon")]
    public void Wrong_setting_is_named(string expected, params string[] args) =>
        Assert.Contains(expected, Refusal([RunningEntra.Development, .. args]));

    [Fact]
    public async Task Kestrel_endpoints_of_a_shared_configuration_are_ignored()
    {
        await using var entra = await RunningEntra.StartAsync(
            TestDirectory.Value, time: null, "--Kestrel:Endpoints:Http:Url=http://127.0.0.2:0", "--urls=http://127.0.0.3:0");

        Assert.StartsWith("http://127.0.0.1:", entra.Url);
    }

    [Fact]
    public async Task Foreign_host_name_is_refused()
    {
        await using var entra = await RunningEntra.StartAsync(TestDirectory.Value);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Host = "rebound.example";

        using var response = await entra.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task LocalEntra_reports_that_it_is_healthy(string path)
    {
        await using var entra = await RunningEntra.StartAsync(TestDirectory.Value);

        Assert.Equal("Healthy", await entra.Client.GetStringAsync(path));
    }

    [Fact]
    public void Defaults_are_those_of_the_contract()
    {
        var options = LocalEntraOptions.Read(new ConfigurationBuilder().AddInMemoryCollection([new("LocalEntra:DirectoryFile", "x")]).Build());

        Assert.Equal("http://localhost:8081", options.Url);
        Assert.Equal("api://engage-center", options.ApiIdUri);
        Assert.Equal(LocalEntraOptions.DefaultApiClientId, options.ApiClientId);
        Assert.Equal(".data/local-entra-key.pem", options.KeyFile);
        Assert.Equal(TimeSpan.FromHours(1), options.TokenLifetime);
    }

    private static string Refusal(params string[] args) =>
        Assert.Throws<LocalEntraConfigurationException>(() => LocalEntraHost.Build(args)).Message;
}
