using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>Limits that every page must keep, whatever it shows.</summary>
[Collection(nameof(PortalService))]
public sealed class MeasureTests(PortalService portal)
{
    private const string Group = "c0000000-0000-4000-8000-000000000206";

    // Every page, opened by a person whose roles allow it.
    private static readonly (string Person, string[] Paths)[] pages =
    [
        ("adele", ["", "/support-insights", "/support-cases", "/customer-activity", "/users", "/groups", "/groups/add?search=En", $"/groups/{Group}", $"/groups/{Group}/remove", "/audit", "/settings"]),
        ("lee", ["/learning"]),
        ("diego", ["/assessments", "/assessments/EntraId"]),
    ];

    [Fact]
    public Task Nothing_scrolls_sideways_from_right_to_left() => EachAsync(async (page, path) =>
    {
        foreach (var width in (int[])[320, 1200])
        {
            await page.SetViewportSizeAsync(width, 800);
            await page.GotoAsync(path);
            await page.EvaluateAsync("document.documentElement.dir = 'rtl'");
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{path} at {width}");
        }
    });

    [Fact]
    public Task Nothing_scrolls_sideways_at_400_percent() => EachAsync(async (page, path) =>
    {
        // 1280 by 1024 at 400 %, as in WCAG 1.4.10.
        await page.SetViewportSizeAsync(320, 256);
        await page.GotoAsync(path);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), path);
    });

    [Fact]
    public async Task Bars_and_the_current_page_are_visible_in_forced_colors()
    {
        await using var context = await portal.NewContextAsync(new() { ForcedColors = ForcedColors.Active });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
        foreach (var path in (string[])["/support-insights", "/customer-activity"])
        {
            await page.GotoAsync(portal.Home + path);
            Assert.True(await page.EvaluateAsync<bool>("""
                () => [...document.querySelectorAll('rect.opened')].every(r => getComputedStyle(r).fill !== getComputedStyle(document.body).backgroundColor)
                   && getComputedStyle(document.querySelector('nav a[aria-current]')).borderTopStyle === 'solid'
                """), path);
        }
    }

    [Fact]
    public async Task The_first_page_has_at_most_350_KB_and_30_requests_and_later_pages_60_KB()
    {
        foreach (var (person, paths) in pages)
        {
            await using var context = await portal.NewContextAsync();
            var page = await context.NewPageAsync();
            await PortalService.SignInAsync(page, person);
            foreach (var path in paths)
            {
                // Counts headers and bodies as sent over the wire. A style sheet that the browser has is not sent again.
                var sent = new List<Task<int>>();
                void Count(object? sender, Microsoft.Playwright.IRequest request) => sent.Add(SizeAsync(request));
                page.RequestFinished += Count;
                await page.GotoAsync(portal.Home + path, new() { WaitUntil = WaitUntilState.NetworkIdle });
                page.RequestFinished -= Count;
                Assert.InRange((await Task.WhenAll(sent)).Sum(), 1, path.Length == 0 ? 350_000 : 60_000);
                Assert.InRange(sent.Count, 1, 30);
            }
        }

        static async Task<int> SizeAsync(Microsoft.Playwright.IRequest request) => await request.SizesAsync() is var sizes ? sizes.ResponseHeadersSize + sizes.ResponseBodySize : 0;
    }

    [Fact]
    public async Task Each_of_two_tabs_stays_in_its_workspace()
    {
        await using var context = await portal.NewContextAsync();
        var (one, two) = (await context.NewPageAsync(), await context.NewPageAsync());
        await PortalService.SignInAsync(one, "adele");
        var other = (await portal.WorkspacesAsync("adele")).First(w => w["workspaceId"]!.GetValue<string>() != portal.Workspace)["workspaceId"]!.GetValue<string>();
        await one.GotoAsync(portal.Home);
        await two.GotoAsync($"/w/{other}");
        foreach (var (tab, home) in ((IPage, string)[])[(one, portal.Home), (two, $"/w/{other}"), (one, portal.Home)])
        {
            await tab.GetByRole(AriaRole.Link, new() { Name = "User management" }).ClickAsync();
            Assert.EndsWith($"{home}/users", tab.Url, StringComparison.Ordinal);
            await tab.GetByRole(AriaRole.Link, new() { Name = "Home", Exact = true }).ClickAsync();
            Assert.EndsWith(home, tab.Url, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("寬")]
    [InlineData("W")]
    public async Task Name_of_100_wide_characters_breaks_no_page(string wide)
    {
        await WithNameAsync(string.Concat(Enumerable.Repeat(wide, 100)), async (page, home) =>
        {
            foreach (var width in (int[])[320, 1200])
            {
                await page.SetViewportSizeAsync(width, 800);
                foreach (var path in (string[])["", "/users", "/settings", "/audit"])
                {
                    await page.GotoAsync(home + path);
                    Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{path} at {width}");
                }

                await page.Locator(".top .menu summary").First.ClickAsync();
                Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"the switcher at {width}");
            }
        });
    }

    [Theory]
    [InlineData("<script>document.title='alive'</script><img src=x onerror=alert(1)>")]
    [InlineData("</bdi><h1>alive</h1><svg onload=alert(1)>")]
    [InlineData("=HYPERLINK(\"http://alive.example\")")]
    [InlineData("\u202Eevila\u202C")]
    public async Task Workspace_names_and_search_terms_are_shown_only_as_text(string name)
    {
        // The API refuses a name that changes the direction of text, but a search may have one.
        var called = name.Contains('\u202E', StringComparison.Ordinal) ? "Contoso" : name;
        await WithNameAsync(called, async (page, home) =>
        {
            foreach (var at in (string[])["", "/settings", "/audit", "/users", $"/groups/{Group}?name={Uri.EscapeDataString(name)}", $"/groups?search={Uri.EscapeDataString(name)}", $"/users?search={Uri.EscapeDataString(name)}", $"/support-cases?product={Uri.EscapeDataString(name)}"])
            {
                await page.GotoAsync(home + at);
                Assert.Equal((0, 0, 0), (await page.Locator("script").CountAsync(), await page.Locator("img").CountAsync(), await page.Locator("a[href^='http://alive']").CountAsync()));
                Assert.DoesNotContain("alive", await page.Locator("h1").AllInnerTextsAsync());
                Assert.Equal(called, await page.Locator(".top .now").TextContentAsync());

                // A change of direction ends with its element.
                Assert.True(await page.EvaluateAsync<bool>("name => [...document.querySelectorAll('main *')].every(e => ![...e.childNodes].some(n => n.nodeType === 3 && n.data.includes(name)) || e.closest('bdi'))", name), at);
            }
        });
    }

    [Fact]
    public async Task Address_above_its_limit_gets_Retry_After_and_others_are_served()
    {
        using var greedy = Client(IPAddress.Parse("127.0.0.77"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(async _ =>
        {
            using var answer = await greedy.GetAsync(portal.Url);
            return (answer.StatusCode, answer.Headers.RetryAfter?.Delta);
        }));
        Assert.InRange(answers.Count(a => a.StatusCode == HttpStatusCode.Redirect), 200, 999);
        Assert.All(answers.Where(a => a.StatusCode != HttpStatusCode.Redirect), a => Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)), a));

        using var other = Client(IPAddress.Parse("127.0.0.78"));
        using var served = await other.GetAsync(portal.Url);
        Assert.Equal(HttpStatusCode.Redirect, served.StatusCode);
    }

    [Fact]
    public async Task Too_large_form_is_refused()
    {
        var page = await portal.OpenAsync("adele", portal.Home);
        var answer = await page.APIRequest.PostAsync("/columns", new() { Headers = [new("Content-Type", "application/x-www-form-urlencoded")], DataString = new string('a', 100_000) });
        Assert.InRange(answer.Status, 400, 413);
        await page.CloseAsync();
    }

    private static HttpClient Client(IPAddress from) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxConnectionsPerServer = 50,
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(from, 0));
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    private async Task EachAsync(Func<IPage, string, Task> check)
    {
        foreach (var (person, paths) in pages)
        {
            var page = await portal.OpenAsync(person, portal.Home);
            foreach (var path in paths)
            {
                await check(page, portal.Home + path);
            }

            await page.CloseAsync();
        }
    }

    // Meanwhile a workspace has the name; no other test looks at it.
    private async Task WithNameAsync(string name, Func<IPage, string, Task> check)
    {
        var adele = await portal.PersonAsync("adele");
        var other = (await portal.WorkspacesAsync("adele")).First(w => w["workspaceId"]!.GetValue<string>() != portal.Workspace);
        var path = $"/v1/workspaces/{other["workspaceId"]!.GetValue<string>()}";
        await portal.SendAsync(HttpMethod.Patch, adele, path, new JsonObject { ["name"] = name });
        try
        {
            var page = await portal.OpenAsync("adele", "/");
            await check(page, $"/w/{other["workspaceId"]!.GetValue<string>()}");
            await page.CloseAsync();
        }
        finally
        {
            await portal.SendAsync(HttpMethod.Patch, adele, path, new JsonObject { ["name"] = other["name"]!.GetValue<string>() });
        }
    }
}
