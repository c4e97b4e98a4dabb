using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests that the dashboard's pages and data are only for the operators' application.</summary>
[Collection(RunningService.Collection), Trait("Needs", "OneProcess")]
public partial class DashboardTests(RunningService service)
{
    [Fact]
    public async Task Dashboard_refuses_everybody_without_its_app_role()
    {
        var paths = Paths();
        Assert.True(paths.Count >= 15, $"Only {string.Join(", ", paths)}");
        var rows = new Rows();
        foreach (var path in paths)
        {
            await rows.Try(path, async () =>
            {
                using var stranger = await service.Send(HttpMethod.Get, path, token: null);
                await stranger.Is(HttpStatusCode.Unauthorized);
                using var manager = await service.Send(HttpMethod.Get, path, await service.ManagerToken());
                Assert.Equal("/problems/wrong-caller", (string?)(await manager.Is(HttpStatusCode.Forbidden))["type"]);
                using var automation = await service.Send(HttpMethod.Get, path, await service.AppToken());
                Assert.Equal("Dashboard.Read.All", (string?)(await automation.Is(HttpStatusCode.Forbidden))["appRole"]);
            });
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Operators_application_gets_pages_and_data_of_the_dashboard()
    {
        var token = await service.AppToken(TestDirectory.Operator);
        foreach (var path in (string[])["", "index.html", "index.min.js", "index.css", "favicon.ico", "version", "DashboardCounters", "ClusterStats", "GrainTypes", "TopGrainMethods"])
        {
            using var answer = await service.Send(HttpMethod.Get, $"/dashboard/{path}", token);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"/dashboard/{path} answered {answer.StatusCode}");
            Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync());
        }

        var counters = (JsonObject)await service.Get("/dashboard/DashboardCounters", token);
        Assert.Equal(1, (int)counters["totalActiveHostCount"]!);
    }

    // The state of grains belongs to customers, and the log may quote it.
    [Theory]
    [InlineData("GrainState?grainId=1&grainType=EngageCenter.Users.UserGrain", HttpStatusCode.NotFound)]
    [InlineData("grainstate", HttpStatusCode.NotFound)]
    [InlineData("Trace", HttpStatusCode.Forbidden)]
    public async Task Dashboard_shows_no_grain_state_and_no_log(string path, HttpStatusCode expected)
    {
        using var answer = await service.Send(HttpMethod.Get, $"/dashboard/{path}", await service.AppToken(TestDirectory.Operator));

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task Dashboard_is_off_by_default()
    {
        await using var api = await RunningWebApi.StartAsync();

        var answer = await api.SendAsync("GET", "/dashboard", RunningWebApi.ApplicationToken("Dashboard.Read.All"));

        Assert.Equal((404, "not-found"), (answer.Status, answer.Slug));
    }

    private List<string> Paths() =>
    [
        .. service.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Select(e => $"/{e.RoutePattern.RawText!.TrimStart('/')}")
            .Where(p => p.StartsWith("/dashboard", StringComparison.OrdinalIgnoreCase))
            .Select(p => Parameter().Replace(p, "1")),
    ];

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();
}
