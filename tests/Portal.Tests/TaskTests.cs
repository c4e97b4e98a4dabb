using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>The tasks that people come for, in a browser without scripts.</summary>
[Collection(nameof(PortalService))]
public sealed class TaskTests(PortalService portal)
{
    [Fact]
    public async Task Newcomer_signs_in_finds_the_support_manager_and_signs_out()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "pradeep");
        Assert.Contains("/w/", page.Url, StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Link, new() { Name = "Find your Customer Support Manager" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Adele Vance" }).ClickAsync();
        Assert.Contains("by the contract", await page.GetByRole(AriaRole.Complementary).InnerTextAsync(), StringComparison.Ordinal);

        await page.Locator(".person summary").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.GotoAsync("/");
        Assert.StartsWith("Who are you?", await page.TitleAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Group_is_found_previewed_added_changed_and_removed()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
        var other = (await portal.WorkspacesAsync("adele")).First(w => w["workspaceId"]!.GetValue<string>() != portal.Workspace)["workspaceId"]!.GetValue<string>();
        var groups = $"/w/{other}/groups";
        await page.GotoAsync(groups);
        var name = (await page.Locator("tbody th bdi").AllInnerTextsAsync())[0];

        await page.Locator(".more-of summary").First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = $"Remove {name}" }).ClickAsync();
        Assert.Contains("Would lose", await page.GetByRole(AriaRole.Main).InnerTextAsync(), StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the group" }).ClickAsync();
        Assert.Equal("The group was removed.", await page.GetByRole(AriaRole.Status).InnerTextAsync());
        Assert.DoesNotContain(name, await page.Locator("tbody th bdi").AllInnerTextsAsync());

        await page.GetByRole(AriaRole.Link, new() { Name = "+ Add" }).ClickAsync();
        await page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Searchbox).FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Find" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        Assert.Equal("Choose at least one role.", await page.GetByRole(AriaRole.Alert).InnerTextAsync());
        await page.GetByLabel("Support User").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show who gains what" }).ClickAsync();
        Assert.Contains("Would gain", await page.GetByRole(AriaRole.Main).InnerTextAsync(), StringComparison.Ordinal);
        Assert.True(await page.GetByLabel("Support User").IsCheckedAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        Assert.Equal("The group was added.", await page.GetByRole(AriaRole.Status).InnerTextAsync());
        Assert.Contains(name, await page.Locator("tbody th bdi").AllInnerTextsAsync());
    }

    [Fact]
    public async Task Form_keeps_its_values_if_the_session_ends()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
        await page.GotoAsync($"{portal.Home}/groups");
        var before = await page.Locator("table.grid").InnerTextAsync();
        await page.Locator(".more-of summary").First.ClickAsync();
        await page.Locator(".more-of a").First.ClickAsync();
        var address = page.Url;
        var box = page.GetByLabel("Learning User");
        var was = await box.IsCheckedAsync();
        await box.SetCheckedAsync(!was);
        await context.ClearCookiesAsync(new() { Name = "engage-center-portal" });
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();

        // The issuer still knows the browser, so it does not ask who the person is.
        Assert.StartsWith($"{address}?", page.Url, StringComparison.Ordinal);
        Assert.Equal(!was, await box.IsCheckedAsync());
        await page.GotoAsync($"{portal.Home}/groups");
        Assert.Equal(before, await page.Locator("table.grid").InnerTextAsync());
    }

    [Fact]
    public async Task Switcher_shows_unopened_workspaces_in_bold_and_opens_one()
    {
        var page = await portal.OpenAsync("megan", portal.Home);
        await page.Locator(".top details.menu:not(.person) summary").ClickAsync();
        var fresh = page.Locator(".top .panel button.new").First;
        Assert.Equal("700", await fresh.EvaluateAsync<string>("e => getComputedStyle(e).fontWeight"));
        var id = await fresh.GetAttributeAsync("value");
        await fresh.ClickAsync();
        Assert.EndsWith($"/w/{id}", page.Url, StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator($"button.new[value='{id}']").CountAsync());
        await page.GotoAsync("/");
        Assert.EndsWith($"/w/{id}", page.Url, StringComparison.Ordinal);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Typed_text_is_shown_as_text_and_never_executed()
    {
        const string markup = "<img src=x onerror=alert(1)><b>\"'=1+1";
        var adele = await portal.PersonAsync("adele");
        var other = (await portal.WorkspacesAsync("adele"))[^1]["workspaceId"]!.GetValue<string>();
        var was = (await portal.SendAsync(HttpMethod.Get, adele, $"/v1/workspaces/{other}"))!["name"]!.GetValue<string>();
        await portal.SendAsync(HttpMethod.Patch, adele, $"/v1/workspaces/{other}", new JsonObject { ["name"] = markup });
        await portal.SendAsync(HttpMethod.Post, await portal.AutomationAsync(), $"/v1/workspaces/{other}/support-cases", new JsonObject
        {
            ["value"] = new JsonArray(new JsonObject
            {
                ["caseId"] = "SR-MARKUP",
                ["revision"] = 1,
                ["lastUpdatedAt"] = "2026-01-01T00:00:00Z",
                ["createdAt"] = "2026-01-01T00:00:00Z",
                ["title"] = markup,
                ["status"] = "New",
                ["severity"] = "B",
                ["product"] = markup,
            }),
        });
        try
        {
            var page = await portal.OpenAsync("adele", "/");
            var typed = Uri.EscapeDataString(markup);
            foreach (var path in (string[])["", "/support-insights?months=12", "/support-cases?search=SR-MARKUP", $"/support-cases?search={typed}", $"/users?search={typed}", $"/groups?search={typed}", $"/groups/add?search={typed}", $"/groups/{Guid.NewGuid()}?name={typed}"])
            {
                await page.GotoAsync($"/w/{other}{path}");
                Assert.Equal((0, 0, 0), (await page.Locator("img").CountAsync(), await page.Locator("b").CountAsync(), await page.Locator("script").CountAsync()));
                Assert.Contains("<img src=x", await page.Locator(".top").InnerTextAsync(), StringComparison.Ordinal);
            }

            await page.GotoAsync($"/w/{other}/support-cases?search={typed}");
            Assert.Equal(markup, await page.Locator("tbody td bdi").First.InnerTextAsync());
            await page.CloseAsync();
        }
        finally
        {
            await portal.SendAsync(HttpMethod.Patch, adele, $"/v1/workspaces/{other}", new JsonObject { ["name"] = was });
        }
    }

    [Fact]
    public async Task Home_page_is_small_and_loads_nothing_from_other_hosts()
    {
        await using var context = await portal.NewContextAsync();
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "isaiah");
        List<string> loaded = [];
        page.RequestFinished += (_, request) => loaded.Add(request.Url);
        var response = await page.GotoAsync("/", new() { WaitUntil = WaitUntilState.NetworkIdle });
        var bytes = (await response!.BodyAsync()).Length;

        Assert.InRange(loaded.Count, 1, 30);
        Assert.All(loaded, url => Assert.StartsWith(portal.Url.GetLeftPart(UriPartial.Authority), url, StringComparison.Ordinal));
        Assert.InRange(bytes, 1, 60_000);
    }
}
