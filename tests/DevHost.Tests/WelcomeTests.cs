using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace EngageCenter.DevHost.Tests;

public sealed partial class WelcomeTests(SampleHost sample) : IClassFixture<SampleHost>
{
    private const int Workspaces = 3;

    // The roles that the sample's agreements and groups give each person, and in how many workspaces.
    private static readonly Dictionary<string, (string[] Roles, int Workspaces)> intended = new()
    {
        ["adele@contoso.example"] = (["CustomerSupportManager", "User"], Workspaces),
        ["megan@contoso.example"] = (["Administrator", "User"], Workspaces),
        ["alex@contoso.example"] = (["User", "UserAccessAdministrator"], Workspaces),
        ["diego@contoso.example"] = (["AssessmentUser", "User"], Workspaces),
        ["isaiah@contoso.example"] = (["CustomerContractManager", "User"], Workspaces),
        ["lee@contoso.example"] = (["LearningUser", "User"], Workspaces),
        ["grady@contoso.example"] = (["SupportUser", "User"], Workspaces),
        ["henrietta@contoso.example"] = (["SupportUser", "User"], Workspaces),
        ["johanna@contoso.example"] = (["LearningUser", "User"], Workspaces),
        ["pradeep@contoso.example"] = (["User"], Workspaces),
        ["lidia_fabrikam.example#EXT#@contoso.example"] = (["User"], Workspaces),
        ["nestor@contoso.example"] = ([], 0),
        ["miriam@microsoft.example"] = (["CustomerSuccessAccountManager", "User"], Workspaces),
        ["joni@microsoft.example"] = (["IncidentManager", "User"], 1),
    };

    private string Welcome => sample.Process.Output;

    [Fact]
    public void Welcome_names_the_addresses_and_standard_error_is_empty()
    {
        Assert.Contains($"web API      {sample.Process.Options.Service.GetLeftPart(UriPartial.Authority)} ", Welcome, StringComparison.Ordinal);
        Assert.Contains($"LocalEntra   {sample.Process.Options.Entra.GetLeftPart(UriPartial.Authority)} ", Welcome, StringComparison.Ordinal);
        Assert.Empty(sample.Process.Errors);
        Assert.DoesNotContain("warn:", Welcome, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reference_and_document_are_at_the_printed_addresses()
    {
        foreach (Match address in Reference().Matches(Welcome))
        {
            Assert.Equal(HttpStatusCode.OK, await sample.Client.Status(address.Groups[1].Value));
        }

        Assert.Equal(2, Reference().Count(Welcome));
    }

    [Fact]
    public async Task Printed_commands_work()
    {
        var lines = Welcome.Split("To try it, paste:\n")[1].TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);

        var answers = (await Bash($"{lines[0]}\n{lines[1]}\necho\n{lines[2]}")).Split('\n');

        Assert.Equal(Workspaces, JsonNode.Parse(answers[0])!["value"]!.AsArray().Count);
        var home = JsonNode.Parse(answers[1])!;
        Assert.Equal("Contoso", home["workspace"]!["name"]!.GetValue<string>());
        Assert.True(home["supportInsights"]!["opened"]!.GetValue<int>() > 0);
    }

    [Fact]
    public async Task Everybody_in_the_welcome_can_sign_in_and_has_the_roles_of_the_sample()
    {
        var people = People();
        Assert.Equal(intended.Keys.Order(StringComparer.Ordinal), people.Select(p => p.Name).Order(StringComparer.Ordinal));
        foreach (var (name, tenant) in people)
        {
            var token = await sample.Client.Person(name, tenant);
            var mine = await sample.Client.All(token, "/v1/me/workspaces");

            Assert.Equal((name, intended[name].Workspaces), (name, mine.Count));
            Assert.All(mine, item => Assert.Equal(intended[name].Roles, item["roles"]!.AsArray().Select(r => r!.GetValue<string>()).Order(StringComparer.Ordinal)));

            var home = await sample.Client.Get(token, "/v1/me/home");
            Assert.Equal(
                intended[name].Workspaces == 0 ? "NoWorkspaces" : mine[0]["workspaceId"]!.GetValue<string>(),
                (home["workspace"]?["workspaceId"] ?? home["reason"])!.GetValue<string>());
        }
    }

    [Fact]
    public async Task Every_part_of_every_sample_workspace_has_content()
    {
        var adele = await sample.Client.Person("adele@contoso.example");
        var lee = await sample.Client.Person("lee@contoso.example");
        var miriam = await sample.Client.Person("miriam@microsoft.example", "d0000000-0000-4000-8000-000000000000");
        foreach (var workspace in await sample.Client.All(adele, "/v1/me/workspaces"))
        {
            var path = $"/v1/workspaces/{workspace["workspaceId"]}";
            var home = await sample.Client.Get(adele, $"{path}/home");
            Assert.True(home["customerActivity"]!["hoursDelivered"]!.GetValue<decimal>() > 0);
            Assert.Equal(2, (await sample.Client.Get(lee, $"{path}/home"))["learning"]!["completed"]!.GetValue<int>());
            Assert.Equal(2, (await sample.Client.Get(miriam, $"{path}/home"))["assessments"]!["configured"]!.GetValue<int>());
            Assert.NotEmpty(await sample.Client.All(miriam, $"{path}/assessments/SqlServer/recommendations"));
            if (workspace["name"]!.GetValue<string>() == "Contoso")
            {
                Assert.Equal(2, home["accountTeam"]!["contacts"]!.AsArray().Count);
            }
        }

        Assert.NotEmpty(await sample.Client.All(lee, "/v1/learning/courses?language=pt-BR"));
    }

    [Fact]
    public async Task Both_hosts_are_live_and_ready()
    {
        foreach (var address in new[] { sample.Process.Options.Service, sample.Process.Options.Entra })
        {
            Assert.Equal(HttpStatusCode.OK, await sample.Client.Status(new Uri(address, "/health/live").ToString()));
            Assert.Equal(HttpStatusCode.OK, await sample.Client.Status(new Uri(address, "/health/ready").ToString()));
        }
    }

    [Fact]
    public async Task Host_is_ready_only_with_its_sample_organization()
    {
        using var folder = new TempFolder();
        var options = new DevHostOptions(folder.Path);
        using var client = new DevHostClient(options);
        await using var host = DevHostProcess.Launch(options);
        await Until.True(IsReady, TimeSpan.FromSeconds(60), () => $"the host is ready. {host}");

        // The cases of a workspace are set up last.
        var adele = await client.Person("adele@contoso.example");
        foreach (var workspace in await client.All(adele, "/v1/me/workspaces"))
        {
            Assert.NotEqual(0, (await client.Get(adele, $"/v1/workspaces/{workspace["workspaceId"]}/support-cases?pageSize=1"))["totalCount"]!.GetValue<int>());
        }

        await host.Welcomed();

        async Task<bool> IsReady()
        {
            try
            {
                return await client.Status("/health/ready") == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
                return false;
            }
        }
    }

    [Fact]
    public async Task Two_hosts_on_one_machine_share_nothing()
    {
        using var folder = new TempFolder();
        await using var other = await DevHostProcess.Start(new(folder.Path));
        using var client = other.Client();
        var here = await sample.Client.Person("adele@contoso.example");
        var there = await client.Person("adele@contoso.example");

        // A token of one host is not valid at the other, and the workspaces of the same agreement are different.
        Assert.Equal(HttpStatusCode.Unauthorized, await client.Status("/v1/me", here));
        Assert.Equal(HttpStatusCode.Unauthorized, await sample.Client.Status("/v1/me", there));
        var ours = (await sample.Client.All(here, "/v1/me/workspaces")).Select(w => w["workspaceId"]!.GetValue<string>());
        var theirs = (await client.All(there, "/v1/me/workspaces")).Select(w => w["workspaceId"]!.GetValue<string>()).ToList();
        Assert.Empty(ours.Intersect(theirs));

        await client.Patch(there, $"/v1/workspaces/{theirs[0]}", new JsonObject { ["name"] = "Elsewhere" });
        Assert.DoesNotContain("Elsewhere", (await sample.Client.Get(here, "/v1/me/workspaces")).ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await sample.Client.Status($"/v1/workspaces/{theirs[0]}", here));
    }

    private List<(string Name, string Tenant)> People()
    {
        var lines = Welcome.Split('\n').SkipWhile(l => !l.StartsWith("Who can sign in", StringComparison.Ordinal)).ToList();
        var tenant = Tenant().Match(lines[0]).Groups[1].Value;
        return [.. lines.Skip(1).TakeWhile(l => l.Length > 0).Select(l => (
            l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0],
            Tenant().Match(l) is { Success: true } other ? other.Groups[1].Value : tenant))];
    }

    private static async Task<string> Bash(string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true })!;
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.Equal(0, bash.ExitCode);
        return output;
    }

    [GeneratedRegex("(?:reference|document): ([^,)]+)")]
    private static partial Regex Reference();

    [GeneratedRegex("tenant ([0-9a-f-]{36})")]
    private static partial Regex Tenant();
}
