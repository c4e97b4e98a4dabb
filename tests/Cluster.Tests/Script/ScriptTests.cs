using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using EngageCenter.Script;

namespace EngageCenter.Cluster.Tests.Script;

/// <summary>Runs the script <c>./cluster</c> as people do.</summary>
public sealed class ScriptTests : IDisposable
{
    private static readonly TimeSpan recovery = TimeSpan.FromSeconds(60);

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(20) };

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task Cluster_works_after_each_command_of_the_script()
    {
        await using var cluster = new ClusterScript();
        var up = await cluster.Up("--silos", "2", "--web", "2", "--sample");
        Assert.True(up.ExitCode == 0, up.ToString());

        // All members are running and have the documented names and kinds.
        var members = await cluster.Status();
        Assert.Equal(
            ["redis redis", "azurite azurite", "entra entra", "silo-0 silo", "silo-1 silo", "web-0 web", "web-1 web"],
            members.Select(m => $"{m.Name} {m.Kind}"));
        Assert.All(members, m => Assert.Equal("ready", m.State));
        Assert.All(members, m => Assert.Equal(m.Kind == "redis", m.Url is null));
        await Assert.AllAsync(members, async m => Assert.True(await Runs(m), m.ToString()));
        var again = await cluster.Up();
        Assert.Equal(1, again.ExitCode);
        Assert.StartsWith("A cluster runs in ", again.Errors, StringComparison.Ordinal);

        // The sample was set up through one web node and is visible at the other.
        var (web0, web1) = (members[5].Url!, members[6].Url!);
        var adele = await Token(members[2].Url!, "adele@contoso.example");
        Assert.Equal(["Contoso", "Contoso Data Platform", "Contoso Retail"], await Workspaces(web1, adele));

        // A silo is killed; both web nodes answer; it comes back as another process.
        await cluster.Do("kill", "silo-0");
        var dead = await cluster.Status("silo-0");
        Assert.Equal("ended", dead.State);
        Assert.False(await Runs(dead));
        Assert.Equal(1, (await cluster.Go("kill", "silo-0")).ExitCode);
        await Until.True(async () => await Workspaces(web0, adele) is { Count: 3 } && await Workspaces(web1, adele) is { Count: 3 }, recovery, "both web nodes answer");
        await cluster.Do("start", "silo-0");
        Assert.True(await cluster.Status("silo-0") is { State: "ready" } alive && alive.Pid != dead.Pid);

        // A paused process is not reported as dead.
        foreach (var name in (string[])["redis", "silo-1"])
        {
            await cluster.Do("pause", name);
            Assert.Equal("paused", (await cluster.Status(name)).State);
            await cluster.Do("resume", name);
            await Until.True(async () => (await cluster.Status(name)).State == "ready", recovery, $"{name} is ready");
        }

        // After the upgrade each silo and each web node is another process with the new binaries; all others are the same.
        var before = await cluster.Status();
        await cluster.Do("roll", "--build", AppContext.BaseDirectory);
        var after = await cluster.Status();
        Assert.Equal(before.Select(m => m.Name), after.Select(m => m.Name));
        Assert.All(after, m => Assert.Equal("ready", m.State));
        Assert.All(before.Zip(after), pair => Assert.Equal(pair.First.Kind is "silo" or "web", pair.First.Pid != pair.Second.Pid));
        Assert.Equal(3, (await Workspaces(web0, adele))!.Count);

        await cluster.Do("add-silo");
        var added = await cluster.Status("silo-2");
        Assert.Equal("ready", added.State);
        await cluster.Do("stop", "silo-2");
        Assert.Equal("ended", (await cluster.Status("silo-2")).State);
        Assert.Contains("Ready to accept connections", await cluster.Do("logs", "redis"), StringComparison.Ordinal);

        // 'down' stops everything, also when it is repeated. 'up' finds the earlier state, even without Redis.
        await cluster.Do("down");
        await Assert.AllAsync([.. after, added], async m => Assert.False(await Runs(m), m.ToString()));
        Assert.Empty(await cluster.Status());
        await cluster.Do("down");
        up = await cluster.Up("--silos", "1", "--web", "1", "--azure");
        Assert.True(up.ExitCode == 0, up.ToString());
        Assert.Equal(["azurite", "entra", "silo-0", "web-0"], (await cluster.Status()).Select(m => m.Name));
        Assert.Equal(3, (await Workspaces(web0, adele))!.Count);
    }

    [Fact]
    public async Task Portal_nodes_accept_sign_ins_of_each_other()
    {
        await using var cluster = new ClusterScript();
        var up = await cluster.Up("--silos", "1", "--web", "1", "--azure", "--sample", "--portal", "2");
        Assert.True(up.ExitCode == 0, up.ToString());
        var members = await cluster.Status();
        Assert.Equal(["redis", "azurite", "entra", "silo-0", "web-0", "portal-0", "portal-1", "proxy"], members.Select(m => m.Name));
        var portals = members.Where(m => m.Kind == "portal").Select(m => m.Url!).ToArray();
        var proxy = members.Single(m => m.Name == "proxy").Url!;
        Assert.Contains($"The portal, for a browser: {proxy.GetLeftPart(UriPartial.Authority)}", up.Output, StringComparison.Ordinal);

        // The browser keeps one cookie jar for 127.0.0.1, for all ports.
        using var handler = new HttpClientHandler { UseCookies = true, AllowAutoRedirect = true };
        using var browser = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
        var signIn = await browser.GetStringAsync(proxy);
        Assert.Contains("adele@contoso.example", signIn, StringComparison.Ordinal);
        await Browser.SignIn(browser, members.Single(m => m.Name == "entra").Url!, signIn, "adele@contoso.example");
        foreach (var portal in portals)
        {
            Assert.Contains("Contoso Data Platform", await browser.GetStringAsync(new Uri(portal, "/workspaces")), StringComparison.Ordinal);
        }

        // LocalEntra's directory finds groups by name.
        using var home = await browser.GetAsync(proxy);
        var groups = await browser.GetStringAsync(new Uri($"{home.RequestMessage!.RequestUri}/groups/add?search=Engage"));
        Assert.Contains("<bdi>Engage Support</bdi>", groups, StringComparison.Ordinal);

        // The proxy notices the loss of a node within seconds, and the session continues at the other node.
        await cluster.Do("kill", "portal-0");
        await Until.True(async () => await IsServed(browser, proxy) && await IsServed(browser, proxy), TimeSpan.FromSeconds(60), "the proxy goes on without portal-0");
        await cluster.Do("start", "portal-0");

        await cluster.Do("roll", "--build", AppContext.BaseDirectory);
        Assert.Contains("Contoso Data Platform", await browser.GetStringAsync(new Uri(portals[1], "/workspaces")), StringComparison.Ordinal);
        await Until.True(() => IsServed(browser, proxy), TimeSpan.FromSeconds(60), "the proxy finds the nodes again");
    }

    private static async Task<bool> IsServed(HttpClient browser, Uri proxy)
    {
        using var answer = await browser.GetAsync(new Uri(proxy, "/workspaces"));
        return answer.IsSuccessStatusCode && (await answer.Content.ReadAsStringAsync()).Contains("Contoso Data Platform", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("fly")]
    [InlineData("up --silos")]
    [InlineData("up --silos 0")]
    [InlineData("up --silos two")]
    [InlineData("up --silos 21")]
    [InlineData("up --web 0")]
    [InlineData("up --portal 0")]
    [InlineData("up --portal 5")]
    [InlineData("up --port-base 80")]
    [InlineData("up --port-base 65437")]
    [InlineData("up --set NOTHING")]
    [InlineData("up --build . --no-build")]
    [InlineData("up silo-0")]
    [InlineData("status --yaml")]
    [InlineData("start --azure")]
    [InlineData("kill")]
    [InlineData("kill silo-0 silo-1")]
    [InlineData("settings")]
    [InlineData("settings redis")]
    [InlineData("down --all")]
    public async Task Wrong_argument_prints_the_usage(string arguments)
    {
        await using var cluster = new ClusterScript();

        var run = await cluster.Go(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.True(run.ExitCode == 2, run.ToString());
        Assert.StartsWith("./cluster COMMAND", run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("kill silo-9", "No 'silo-9' here")]
    [InlineData("start redis", "No 'redis' here")]
    [InlineData("logs nobody/../redis", "No 'nobody/../redis' here")]
    [InlineData("add-silo", "No cluster runs in ")]
    [InlineData("roll", "No cluster runs in ")]
    [InlineData("sample", "No cluster runs in ")]
    [InlineData("up --build samples", "There is no EngageCenter.Silo.dll in samples")]
    public async Task Impossible_command_is_refused_in_one_line(string arguments, string beginning)
    {
        await using var cluster = new ClusterScript();

        var run = await cluster.Go(arguments.Split(' '));

        Assert.True(run.ExitCode == 1, run.ToString());
        Assert.StartsWith(beginning, run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Member_that_does_not_start_is_named_and_nothing_keeps_running()
    {
        await using var cluster = new ClusterScript();

        var run = await cluster.Up("--silos", "1", "--web", "1", "--set", "LocalEntra__TokenLifetime=00:00:00");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("entra is ended and not ready", run.Errors, StringComparison.Ordinal);
        Assert.Contains("LocalEntra:TokenLifetime is 00:00:00", run.Errors, StringComparison.Ordinal);
        Assert.Empty(await cluster.Status());
    }

    [Fact]
    public async Task Port_in_use_is_named_before_anything_starts()
    {
        await using var cluster = new ClusterScript();
        using var taken = new TcpListener(IPAddress.Loopback, cluster.PortBase + 10);
        taken.Start();

        var run = await cluster.Up();

        Assert.Equal(1, run.ExitCode);
        Assert.Equal($"Port {cluster.PortBase + 10}, for web-0, is in use: choose another --port-base.", run.Errors.Trim());
        Assert.Empty(await cluster.Status());
    }

    [Fact]
    public async Task Process_that_reuses_the_id_of_an_ended_member_is_not_stopped()
    {
        await using var cluster = new ClusterScript();
        await using var other = ProgramProcess.Of("sleep", Path.GetTempPath(), "300");
        Directory.CreateDirectory(Path.Combine(cluster.Folder, "run"));
        await File.WriteAllTextAsync(Path.Combine(cluster.Folder, "run", "silo-0"), other.Id.ToString(CultureInfo.InvariantCulture));

        var run = await cluster.Go("kill", "silo-0");
        await cluster.Do("down");

        Assert.Equal((1, "silo-0 has ended."), (run.ExitCode, run.Errors.Trim()));
        Assert.False(other.HasEnded);
    }

    // An ended process may still be listed as a zombie until somebody reads its exit code.
    private static async Task<bool> Runs(Member member)
    {
        await using var ps = ProgramProcess.Of("ps", Path.GetTempPath(), "-o", "state=", "-p", member.Pid.ToString(CultureInfo.InvariantCulture));
        await ps.Ended();
        return ps.Output.Trim() is { Length: > 0 } state && state[0] != 'Z';
    }

    private async Task<string> Token(Uri entra, string person)
    {
        using var form = new FormUrlEncodedContent([new("grant_type", "password"), new("username", person), new("scope", "api://engage-center/access_as_user")]);
        using var response = await http.PostAsync(new Uri(entra, $"{Organization.Tenant}/oauth2/v2.0/token"), form);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!["access_token"]!.GetValue<string>();
    }

    /// <returns>Null if the node did not answer with workspaces.</returns>
    private async Task<List<string>?> Workspaces(Uri web, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(web, "v1/me/workspaces")) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        try
        {
            using var response = await http.SendAsync(request);
            return response.IsSuccessStatusCode
                ? [.. JsonNode.Parse(await response.Content.ReadAsStringAsync())!["value"]!.AsArray().Select(w => w!["name"]!.GetValue<string>()).Order()]
                : null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }
}
