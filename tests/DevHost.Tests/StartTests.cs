using System.Net;
using System.Net.Sockets;

namespace EngageCenter.DevHost.Tests;

public sealed class StartTests : IDisposable
{
    private const string Fabrikam = "f0000000-0000-4000-8000-000000000000";

    private const string Directory = $$"""
        {
          "tenants": [ {
            "tenantId": "{{Fabrikam}}", "displayName": "Fabrikam",
            "users": [ { "id": "f0000000-0000-4000-8000-000000000101", "displayName": "Lidia Holloway",
              "userPrincipalName": "lidia@fabrikam.example", "mail": "lidia@fabrikam.example", "userType": "Member" } ],
            "groups": []
          } ],
          "applications": [ { "clientId": "engage-center-automation", "clientSecret": "local-development-only", "appRoles": [ "Agreements.ReadWrite.All" ] } ]
        }
        """;

    private readonly TempFolder folder = new();

    [Fact]
    public async Task Host_without_the_sample_starts_empty()
    {
        await using var host = await DevHostProcess.Start(new(folder.Path) { Sample = false });
        using var client = host.Client();

        Assert.Empty(await client.All(await client.Person("adele@contoso.example"), "/v1/me/workspaces"));
        Assert.Equal(HttpStatusCode.NotFound, await client.Status("/v1/agreements/contoso-enterprise", await client.Automation()));
        Assert.DoesNotContain("paste", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Own_directory_file_replaces_the_samples_people()
    {
        var options = new DevHostOptions(folder.Path).With("LocalEntra__DirectoryFile", folder.Write("directory.json", Directory));
        await using var host = await DevHostProcess.Start(options);
        using var client = host.Client();

        var agreement = await client.Put(await client.Automation(Fabrikam), "/v1/agreements/fabrikam", Samples.Agreement(
            "DigitalNativeSupport", Fabrikam, "Fabrikam", "f0000000-0000-4000-8000-000000000101", "fabrikam-unified"));
        var mine = Assert.Single(await client.All(await client.Person("lidia@fabrikam.example", Fabrikam), "/v1/me/workspaces"));

        Assert.Equal(agreement["workspaces"]![0]!["workspaceId"]!.GetValue<string>(), mine["workspaceId"]!.GetValue<string>());
        Assert.Contains("does not use the sample directory", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("contoso.example", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupted_sample_is_completed_by_the_next_start()
    {
        var options = new DevHostOptions(folder.Path);
        using var client = new DevHostClient(options);
        foreach (var agreement in new[] { "contoso-enterprise", "contoso-workloads" })
        {
            await using var cut = DevHostProcess.Launch(options);
            await Until.True(() => IsThere(client, agreement), TimeSpan.FromSeconds(60), $"agreement {agreement}");
            await cut.Kill();
        }

        await using var host = await DevHostProcess.Start(options);
        var adele = await client.Person("adele@contoso.example");
        var mine = await client.All(adele, "/v1/me/workspaces");

        Assert.Equal(3, mine.Count);
        foreach (var workspaceId in mine.Select(w => w["workspaceId"]!.GetValue<string>()))
        {
            Assert.Equal(7, (await client.All(adele, $"/v1/workspaces/{workspaceId}/groups")).Count);
            Assert.Equal(300, (await client.Get(adele, $"/v1/workspaces/{workspaceId}/support-cases"))["totalCount"]!.GetValue<int>());
        }
    }

    [Fact]
    public async Task Signal_during_the_start_is_not_lost()
    {
        var options = new DevHostOptions(folder.Path);
        using var client = new DevHostClient(options);
        await using var host = DevHostProcess.Launch(options);
        await Until.True(() => Answers(client, new Uri(options.Entra, "/health/live").ToString(), null), TimeSpan.FromSeconds(60), "LocalEntra answers");

        Assert.Equal((0, ""), (await host.Stop(), host.Errors));
    }

    [Theory]
    [InlineData("LocalEntra__DirectoryFile", "missing.json", "LocalEntra:DirectoryFile")]
    [InlineData("LocalEntra__DirectoryFile", "malformed.json", "LocalEntra:DirectoryFile")]
    [InlineData("Storage__SqliteFile", "malformed.json", "Storage:SqliteFile")]
    [InlineData("Storage__SqliteFile", "malformed.json/store.db", "Storage:SqliteFile")]
    [InlineData("ASPNETCORE_ENVIRONMENT", "Production", "runs only in the environment 'Development'")]
    [InlineData("DOTNET_ENVIRONMENT", "Staging", "runs only in the environment 'Development'")]
    [InlineData("WebApi__Url", "localhost", "WebApi:Url")]
    [InlineData("WebApi__RateLimit__PermitLimit", "0", "WebApi:RateLimit")]
    [InlineData("LocalEntra__Url", "http://0.0.0.0:8081", "LocalEntra:Url")]
    [InlineData("DevHost__Sample", "maybe", "DevHost:Sample")]
    public async Task Invalid_setting_is_refused_in_one_line(string setting, string value, string says)
    {
        folder.Write("malformed.json", """{ "tenants": [ "and so on until it is longer than the header of a database, which has a hundred bytes" """);

        await Refuses(new DevHostOptions(folder.Path).With(setting, value), says);
    }

    [Theory]
    [InlineData("WebApi__Url", "http://127.0.0.1:", "WebApi:Url")]
    [InlineData("LocalEntra__Url", "http://127.0.0.1:", "LocalEntra:Url")]
    public async Task Port_in_use_is_refused_in_one_line(string setting, string before, string says)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        await Refuses(new DevHostOptions(folder.Path).With(setting, $"{before}{((IPEndPoint)taken.LocalEndpoint).Port}"), says);
    }

    public void Dispose() => folder.Dispose();

    private static async Task Refuses(DevHostOptions options, string says)
    {
        await using var host = DevHostProcess.Launch(options);
        var exitCode = await host.Ended();

        Assert.True(exitCode == 1, $"It ended with {exitCode}. {host}");
        Assert.Empty(host.Output);
        var line = Assert.Single(host.Errors.TrimEnd('\n').Split('\n'));
        Assert.Contains(says, line, StringComparison.Ordinal);
    }

    private static async Task<bool> IsThere(DevHostClient client, string agreement)
    {
        try
        {
            return await Answers(client, $"/v1/agreements/{agreement}", await client.Automation());
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<bool> Answers(DevHostClient client, string path, string? token)
    {
        try
        {
            return await client.Status(path, token) == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
