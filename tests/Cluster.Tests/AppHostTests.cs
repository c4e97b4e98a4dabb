using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>Starts src/AppHost as a developer does, and signs in to its portal.</summary>
public class AppHostTests(ITestOutputHelper output)
{
    private static readonly TimeSpan bound = TimeSpan.FromMinutes(4);

    private static string Assembly => Path.Combine(Repository.Root, "src/AppHost/bin", Configuration, "net10.0/EngageCenter.AppHost.dll");

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    [Theory]
    [InlineData("Silos", "0", "Silos must be a number from 1 to 5.")]
    [InlineData("WebNodes", "many", "WebNodes must be a number from 1 to 5.")]
    [InlineData("PortBase", "80", "PortBase must be a number from 1024 to 65000.")]
    [InlineData("PATH", "/nowhere", "The cluster needs Redis and Azurite: install a container engine (Docker or Podman), or run 'eng/needs redis azurite'.")]
    public async Task What_it_cannot_start_with_is_named_in_one_line(string setting, string value, string says)
    {
        using var folder = new TempFolder();
        await using var appHost = ProgramProcess.OfDotnet(Assembly, folder.Path, new Dictionary<string, string>
        {
            ["Data"] = folder.Path,
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = "http://127.0.0.1:0",
            [setting] = value,
        });

        Assert.Equal((1, says), (await appHost.Ended(), appHost.Errors.Trim()));
    }

    [Fact]
    public async Task One_trace_spans_portal_web_node_and_silo()
    {
        using var folder = new TempFolder();
        using var ports = FreePort.Reserve(100);
        var (first, dashboard) = (ports.First, $"http://127.0.0.1:{ports.First + 90}");
        ports.Dispose();
        await using var collector = await Collector.Start(keeps: false);
        await using var appHost = ProgramProcess.OfDotnet(
            Assembly, folder.Path, new Dictionary<string, string>(collector.Settings)
            {
                ["PortBase"] = $"{first}",
                ["Data"] = folder.Path,
                ["Silos"] = "1",
                ["ASPNETCORE_URLS"] = dashboard,
                ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = $"http://127.0.0.1:{first + 91}",
                ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = $"http://127.0.0.1:{first + 92}",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            });

        using var handler = new HttpClientHandler { UseCookies = true };
        using var browser = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
        var portal = new Uri($"http://127.0.0.1:{first + 4}");
        await Until.True(async () => appHost.HasEnded || (await Get(new Uri(portal, "/health/ready"))).IsSuccess, bound, () => $"The portal is ready. {appHost}");
        Assert.False(appHost.HasEnded, appHost.ToString());
        Assert.True((await Get(new Uri(dashboard))).IsSuccess, appHost.ToString());

        // The sample organization is set up while the portal answers already.
        await Browser.SignIn(browser, new Uri($"http://127.0.0.1:{first}"), await browser.GetStringAsync(portal), "adele@contoso.example");
        await Until.True(async () => (await Get(new Uri(portal, "/workspaces"))).Text.Contains("Contoso Data Platform", StringComparison.Ordinal), bound, () => $"The sample is set up. {appHost}");

        string[] services = ["portal", "web-0", "silo-0"];
        await Until.True(
            () => Task.FromResult(collector.Spans.GroupBy(s => s.Trace).Any(trace => services.All(service => trace.Any(s => s.Service == service)))),
            bound, () => $"A trace spans {string.Join(", ", services)}. There are spans of {string.Join(", ", collector.Spans.Select(s => s.Service).Distinct())}. {appHost}");
        Assert.Equal(0, await appHost.Stop());
        Assert.Contains($"The portal, for a browser: {portal.GetLeftPart(UriPartial.Authority)}", appHost.Output, StringComparison.Ordinal);
        output.WriteLine(appHost.Output);

        async Task<(bool IsSuccess, string Text)> Get(Uri url)
        {
            try
            {
                using var answer = await browser.GetAsync(url);
                return (answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            }
            catch (HttpRequestException)
            {
                // Nobody listens there yet.
                return (false, "");
            }
        }
    }
}
