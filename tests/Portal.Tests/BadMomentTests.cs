using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>The API is down, slow or broken, for one part of a page or for all, and sessions end at unexpected moments.</summary>
[Collection(nameof(PortalService))]
public sealed class BadMomentTests(PortalService portal) : IAsyncLifetime
{
    // How long a part is waited for in these tests; the default is longer.
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(2);

    private static readonly Dictionary<string, Func<HttpContext, Task>> faults = new()
    {
        ["503"] = context => Status(context, 503),
        ["503, come again in ten minutes"] = context => Status(context, 503, retryAfter: "600"),
        ["429, come again at once"] = context => Status(context, 429, retryAfter: "0"),
        ["500 with a stack trace"] = context => Status(context, 500, body: "System.Exception: secret\n   at EngageCenter.Secret()"),
        ["502 of a proxy"] = context => Status(context, 502, body: "<html><h1>Bad gateway</h1></html>"),
        ["what is no JSON"] = context => Status(context, 200, body: "<html>Welcome to the Wi-Fi</html>"),
        ["an answer that breaks off"] = async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("{\"value\":[");
            await context.Response.Body.FlushAsync();
            context.Abort();
        },
        ["a connection that is closed"] = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        },
        // Does not answer until the portal gives up.
        ["silence"] = async context =>
        {
            var ended = new TaskCompletionSource();
            await using var registered = context.RequestAborted.Register(ended.SetResult);
            await ended.Task;
        },
    };

    private FaultyApi api = null!;
    private PortalNode node = null!;
    private IBrowserContext context = null!;
    private IPage page = null!;

    public static TheoryData<string> Faults => [.. faults.Keys];

    public async Task InitializeAsync()
    {
        api = await FaultyApi.StartAsync(portal);
        node = await PortalNode.StartAsync(portal, "Development", null, ("Portal:ApiUrl", api.Url.ToString()), ("Portal:PartTimeout", $"{patience}"));
        context = await portal.NewContextAsync(new() { BaseURL = node.Url.ToString(), JavaScriptEnabled = false });
        page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
    }

    public async Task DisposeAsync()
    {
        await context.DisposeAsync();
        await node.DisposeAsync();
        await api.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Missing_part_says_so_and_the_rest_of_the_page_is_shown(string fault)
    {
        foreach (var (path, part, rest) in ((string, string, string)[])[
            ("", "/support-insights", ".cards .figures"),
            ("", "/home", "nav[aria-label=Pages] a"),
            ("/users", "/users", ".filters input[name=search]"),
            ("/customer-activity", "/proof-of-execution", "table.grid"),
            ("/settings", "/directory", "input[name=name]"),
            ("/audit", "/audit-events", "nav[aria-label=Pages] a")])
        {
            api.Fault = context => FaultAsync(context, context.Request.Path.Value!.EndsWith($"{portal.Workspace}{part}", StringComparison.Ordinal), fault);
            var answer = await BoundedAsync(portal.Home + path);

            Assert.True(answer.Status == 200, $"{path} without {part}: {answer.Status}");
            Assert.NotEqual(0, await page.Locator(rest).CountAsync());
            var said = await page.GetByRole(AriaRole.Status).AllInnerTextsAsync();
            Assert.True(said.Any(s => s.Contains("The service", StringComparison.Ordinal) && s.Contains("Try again", StringComparison.Ordinal)), $"{path} without {part} says {string.Join(", ", said)}");
            await AssertNothingOfTheFaultAsync();
        }

        // The API answers again.
        api.Fault = _ => Task.FromResult(false);
        await page.GotoAsync($"{portal.Home}/users");
        Assert.NotEqual(0, await page.Locator("table.grid tbody tr").CountAsync());
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task An_API_that_is_away_is_said_on_every_page_and_the_person_stays_signed_in(string fault)
    {
        api.Fault = context => FaultAsync(context, true, fault);
        foreach (var path in (string[])["/", portal.Home, $"{portal.Home}/users", "/workspaces", $"{portal.Home}/groups/add?search=En"])
        {
            var answer = await BoundedAsync(path);

            Assert.True(answer.Status is 200 or 503, $"{path}: {answer.Status}");
            Assert.EndsWith(path, page.Url, StringComparison.Ordinal);
            Assert.Contains("The service", await page.GetByRole(AriaRole.Status).First.InnerTextAsync(), StringComparison.Ordinal);
            await AssertNothingOfTheFaultAsync();
        }

        api.Fault = _ => Task.FromResult(false);
        await page.GetByRole(AriaRole.Link, new() { Name = "Try again" }).First.ClickAsync();
        Assert.NotEqual(0, await page.GetByRole(AriaRole.Navigation, new() { Name = "Pages", Exact = true }).CountAsync());
    }

    [Theory]
    [InlineData("503")]
    [InlineData("an answer that breaks off")]
    [InlineData("silence")]
    public async Task Failed_change_keeps_the_typed_text(string fault)
    {
        await page.GotoAsync($"{portal.Home}/settings");
        api.Fault = context => FaultAsync(context, HttpMethods.IsPatch(context.Request.Method), fault);
        await page.GetByLabel("Name").FillAsync("Not this one");
        await page.GetByRole(AriaRole.Button, new() { Name = "Rename" }).ClickAsync();

        Assert.Contains("The service", await page.GetByRole(AriaRole.Alert).InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal("Not this one", await page.GetByLabel("Name").InputValueAsync());
        Assert.Equal("Contoso", await page.Locator(".top .now").InnerTextAsync());
        await AssertNothingOfTheFaultAsync();
    }

    [Fact]
    public async Task Person_who_lost_the_session_in_a_shared_form_comes_back_to_their_page()
    {
        var users = $"{portal.Home}/users?search=a";
        foreach (var (opens, button) in ((string, string)[])[(".person summary", "Deutsch"), (".gear summary", "Apply"), (".person summary", "Sign out")])
        {
            await page.GotoAsync(users);
            await page.Locator(opens).ClickAsync();
            await context.ClearCookiesAsync(new() { Name = "engage-center-portal" });
            await page.GetByRole(AriaRole.Button, new() { Name = button }).Last.ClickAsync();

            // The issuer still knows the browser. The form was not executed.
            Assert.Equal(new Uri(node.Url, users).ToString(), page.Url);
            Assert.Equal("Users", await page.GetByRole(AriaRole.Heading).First.InnerTextAsync());
        }
    }

    [Theory]
    [InlineData("/language", "https://attacker.example/")]
    [InlineData("/columns", "//attacker.example")]
    [InlineData("/signout", "/\\attacker.example")]
    public async Task Form_without_a_session_never_redirects_to_another_site(string form, string back)
    {
        await context.ClearCookiesAsync(new() { Name = "engage-center-portal" });
        var data = context.APIRequest.CreateFormData();
        data.Set("back", back);
        var answer = await context.APIRequest.PostAsync(form, new() { Form = data, MaxRedirects = 20 });

        Assert.StartsWith(node.Url.ToString(), answer.Url, StringComparison.Ordinal);
    }

    private static async Task<bool> FaultAsync(HttpContext context, bool isMeant, string fault)
    {
        if (isMeant)
        {
            await faults[fault](context);
        }

        return isMeant;
    }

    private static async Task Status(HttpContext context, int status, string? retryAfter = null, string body = "")
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null)
        {
            context.Response.Headers.RetryAfter = retryAfter;
        }

        context.Response.ContentType = body.StartsWith('<') && status != 200 ? "text/html" : "application/json";
        await context.Response.WriteAsync(body);
    }

    // A part is asked for at most twice, and at most three parts of a page wait for each other. The rest allows for a busy machine.
    private async Task<IResponse> BoundedAsync(string path) => (await page.GotoAsync(path, new() { Timeout = (float)(6 * patience + TimeSpan.FromSeconds(30)).TotalMilliseconds }))!;

    private async Task AssertNothingOfTheFaultAsync()
    {
        var text = await page.Locator("body").InnerTextAsync();
        Assert.All(["secret", "Exception", "   at ", "Wi-Fi", "Bad gateway"], said => Assert.DoesNotContain(said, text, StringComparison.Ordinal));
    }
}
