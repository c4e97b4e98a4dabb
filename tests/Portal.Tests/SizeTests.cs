using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>The cost of pages with much content, as ratios to the cost with little content and to the calls to the API.</summary>
[Collection(nameof(PortalService))]
public sealed class SizeTests(PortalService portal) : IAsyncLifetime
{
    // No other test signs Patti in.
    private const string Patti = "c0000000-0000-4000-8000-000000000113";
    private const int Agreements = 10;
    private const int OfEach = 100;

    private FaultyApi api = null!;
    private PortalNode node = null!;

    public async Task InitializeAsync()
    {
        api = await FaultyApi.StartAsync(portal);
        node = await PortalNode.StartAsync(portal, "Development", null, ("Portal:ApiUrl", api.Url.ToString()));
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await api.DisposeAsync();
    }

    [Fact]
    public async Task Thousand_workspaces_make_no_page_larger_and_each_is_found()
    {
        await using var few = await portal.NewContextAsync(new() { BaseURL = node.Url.ToString() });
        var adele = await few.NewPageAsync();
        await PortalService.SignInAsync(adele, "adele");
        var little = await CostAsync(adele, portal.Home);

        await MakeWorkspacesAsync();
        await using var many = await portal.NewContextAsync(new() { BaseURL = node.Url.ToString() });
        var page = await many.NewPageAsync();
        await PortalService.SignInAsync(page, "patti");
        Assert.Contains("/w/", page.Url, StringComparison.Ordinal);
        Assert.DoesNotContain(api.TakeAsked(), a => a.Path == "/v1/me/workspaces" || a.Path == "/v1/me/home");

        var home = new Uri(page.Url).AbsolutePath;
        var much = await CostAsync(page, home);
        Assert.Equal(little.Calls, much.Calls);

        // The menu has ten workspaces instead of three.
        Assert.InRange(much.ApiBytes, 1, little.ApiBytes + 6_000);
        Assert.InRange(much.PageBytes, 1, little.PageBytes + 6_000);

        await page.Locator(".top details.menu:not(.person) summary").ClickAsync();
        Assert.Equal(10, await page.Locator(".top .panel button.choice").CountAsync());
        await page.GetByRole(AriaRole.Link, new() { Name = "All 1,0" }).ClickAsync();
        Assert.Equal(50, await page.Locator("main button.choice").CountAsync());
        var all = await CostAsync(page, "/workspaces");
        Assert.InRange(all.PageBytes, 1, 60_000);
        var first = await page.Locator("main button.choice bdi").First.InnerTextAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();
        Assert.NotEqual(first, await page.Locator("main button.choice bdi").First.InnerTextAsync());

        await page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Searchbox).FillAsync("workload 7-42");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await page.Locator("main button.choice").ClickAsync();
        Assert.Equal("Workload 7-42", await page.GetByRole(AriaRole.Heading).First.InnerTextAsync());
        Assert.Equal("Workload 7-42", await page.Locator(".top .now").InnerTextAsync());
        var last = new Uri(page.Url).AbsolutePath;
        await page.GotoAsync("/");
        Assert.EndsWith(last, page.Url, StringComparison.Ordinal);
    }

    // The API's own cost for 100,000 people is tested with its grains. Here a stand-in gives the same answers.
    [Fact]
    public async Task Page_of_100_000_people_costs_as_much_as_a_list_of_one_page()
    {
        await using var context = await portal.NewContextAsync(new() { BaseURL = node.Url.ToString() });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
        var total = 50;
        api.Fault = async context =>
        {
            if (context.Request.Path != $"/v1/workspaces/{portal.Workspace}/users")
            {
                return false;
            }

            var answer = People(total);
            if (total > 50)
            {
                answer["nextLink"] = $"{context.Request.Path}?cursor=next";
            }

            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(answer.ToJsonString());
            return true;
        };
        var little = await CostAsync(page, $"{portal.Home}/users");
        total = 100_000;
        var much = await CostAsync(page, $"{portal.Home}/users");

        Assert.Equal(little.Calls, much.Calls);
        Assert.InRange(much.PageBytes, 1, little.PageBytes + 1_000);
        Assert.Equal(50, await page.Locator("table.grid tbody tr").CountAsync());
        Assert.Contains("100,000 people", await page.GetByRole(AriaRole.Main).InnerTextAsync(), StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();
        Assert.EndsWith("cursor=next", page.Url, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("adele", "", "/support-insights", "/support-cases", "/customer-activity", "/users", "/groups", "/audit", "/settings")]
    [InlineData("lee", "/learning")]
    [InlineData("diego", "/assessments", "/assessments/EntraId")]
    public async Task Page_takes_at_most_three_times_as_long_as_its_calls_to_the_API(string person, params string[] paths)
    {
        const int rounds = 9;
        await using var context = await portal.NewContextAsync(new() { BaseURL = node.Url.ToString() });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, person);
        using var http = await WithCookiesAsync(context);
        foreach (var path in paths)
        {
            var address = new Uri(node.Url, portal.Home + path);
            var ratios = new List<double>();
            for (var round = 0; round < rounds; round++)
            {
                // Both are measured side by side, so that a busy machine affects both. The first round warms up.
                api.TakeAsked();
                var started = TimeProvider.System.GetTimestamp();
                using var answer = await http.GetAsync(address);
                var took = TimeProvider.System.GetElapsedTime(started);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                var calls = api.TakeAsked();
                Assert.NotEmpty(calls);
                ratios.Add(took / TimeSpan.FromTicks(calls.Sum(c => c.Took.Ticks)));
            }

            var median = ratios.Skip(1).Order().ElementAt((rounds - 1) / 2);
            Assert.True(median <= 3, string.Create(CultureInfo.InvariantCulture, $"{path} takes {median:0.00} times as long as its calls: {string.Join(", ", ratios.Select(r => r.ToString("0.0", CultureInfo.InvariantCulture)))}"));
        }
    }

    private async Task<(int Calls, long ApiBytes, long PageBytes)> CostAsync(IPage page, string path)
    {
        api.TakeAsked();
        var answer = (await page.GotoAsync(path))!;
        Assert.Equal(200, answer.Status);
        var bytes = (await answer.BodyAsync()).LongLength;
        var calls = api.TakeAsked();
        Assert.DoesNotContain(calls, c => c.Path == "/v1/me/workspaces");
        return (calls.Count, calls.Sum(c => c.Bytes), bytes);
    }

    private static async Task<HttpClient> WithCookiesAsync(IBrowserContext context)
    {
        var cookies = new CookieContainer();
        foreach (var cookie in (await context.CookiesAsync()).Where(c => c.Name.StartsWith("engage-center", StringComparison.Ordinal)))
        {
            cookies.Add(new System.Net.Cookie(cookie.Name, cookie.Value, "/", cookie.Domain));
        }

        return new(new SocketsHttpHandler { CookieContainer = cookies, AllowAutoRedirect = false });
    }

    private async Task MakeWorkspacesAsync()
    {
        var token = await portal.AutomationAsync();
        for (var agreement = 0; agreement < Agreements; agreement++)
        {
            await portal.SendAsync(HttpMethod.Put, token, $"/v1/agreements/many-{agreement}", new JsonObject
            {
                ["name"] = $"Many {agreement}",
                ["agreementType"] = "Workload",
                ["organization"] = new JsonObject { ["tenantId"] = PortalService.Contoso, ["name"] = "Contoso" },
                ["startDate"] = "2026-01-01",
                ["endDate"] = "2035-12-31",
                ["contacts"] = new JsonArray(new JsonObject
                {
                    ["role"] = "CustomerSupportManager",
                    ["tenantId"] = PortalService.Contoso,
                    ["userId"] = Patti,
                    ["displayName"] = "Patti",
                    ["email"] = "patti@contoso.example",
                }),
                ["packages"] = new JsonArray([.. Enumerable.Range(0, OfEach).Select(n => new JsonObject
                {
                    ["packageId"] = $"many-{agreement}-{n}",
                    ["kind"] = "AddOn",
                    ["name"] = $"Workload {agreement}-{n}",
                    ["startDate"] = "2026-01-01",
                    ["endDate"] = "2035-12-31",
                    ["billingAccountId"] = "many",
                    ["billingProfileId"] = "many",
                    ["hoursPurchased"] = 10,
                })]),
            });
        }
    }

    private static JsonObject People(int total) => new()
    {
        ["value"] = new JsonArray([.. Enumerable.Range(0, 50).Select(n => new JsonObject
        {
            ["tenantId"] = PortalService.Contoso,
            ["userId"] = new Guid(n, 1, 2, new byte[8]).ToString(),
            ["displayName"] = $"Person {n}",
            ["email"] = $"person{n}@contoso.example",
            ["userType"] = "Member",
            ["status"] = "Active",
            ["roles"] = new JsonArray(new JsonObject { ["role"] = "User", ["source"] = "Default" }),
            ["permissions"] = new JsonArray("ViewUserRoles"),
            ["firstSignInAt"] = "2026-01-01T00:00:00Z",
            ["lastSignInAt"] = "2026-01-01T00:00:00Z",
        })]),
        ["totalCount"] = total,
    };
}
