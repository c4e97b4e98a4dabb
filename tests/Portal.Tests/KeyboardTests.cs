using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>Every task with the keyboard alone and without scripts: each element is reached by Tab, is visible when it has the focus, and is used by Enter, Space or arrows.</summary>
[Collection(nameof(PortalService))]
public sealed class KeyboardTests(PortalService portal)
{
    // The most presses of Tab until an element must be reached.
    private const int Most = 200;

    [Fact]
    public async Task Signing_in_choosing_a_language_and_signing_out()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await SignInAsync(context, "pradeep");
        Assert.Contains("/w/", page.Url, StringComparison.Ordinal);
        await OpenAsync(page, page.Locator(".person summary"));
        await UseAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Deutsch" }));
        Assert.Equal("de", await page.Locator("html").GetAttributeAsync("lang"));
        await OpenAsync(page, page.Locator(".person summary"));
        await UseAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Abmelden" }));
        await page.GotoAsync("/");
        Assert.StartsWith("Who are you?", await page.TitleAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Switching_the_workspace_and_finding_the_support_manager()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await SignInAsync(context, "adele");
        var other = (await portal.WorkspacesAsync("adele"))[^1]["workspaceId"]!.GetValue<string>();
        await page.GotoAsync(portal.Home);
        await OpenAsync(page, page.Locator(".top details.menu:not(.person) summary"));
        await UseAsync(page, page.Locator($"button[name=workspace][value='{other}']"));
        Assert.EndsWith($"/w/{other}", page.Url, StringComparison.Ordinal);

        await page.GotoAsync(portal.Home);
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Find your Customer Support Manager" }));
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Adele Vance" }));
        Assert.Contains("by the contract", await page.GetByRole(AriaRole.Complementary).InnerTextAsync(), StringComparison.Ordinal);
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Close" }));
        Assert.Equal(0, await page.GetByRole(AriaRole.Complementary).CountAsync());
    }

    [Fact]
    public async Task Searching_filtering_and_choosing_the_columns_of_a_list()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await SignInAsync(context, "adele");
        await page.GotoAsync(portal.Home);
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Support insights" }));
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Cases", Exact = true }));
        await ReachAsync(page, page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Searchbox));
        await page.Keyboard.TypeAsync("a");
        await PressAsync(page, "Enter");
        Assert.Contains("search=a", page.Url, StringComparison.Ordinal);

        await OpenAsync(page, page.Locator(".add summary"));
        await ReachAsync(page, page.Locator("select[name=status]"));
        await page.Keyboard.PressAsync("ArrowDown");
        await UseAsync(page, page.Locator(".add").GetByRole(AriaRole.Button, new() { Name = "Apply" }));
        Assert.Contains("status=", page.Url, StringComparison.Ordinal);
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Status: " }));
        Assert.DoesNotContain("status=", page.Url, StringComparison.Ordinal);

        var before = await page.Locator("table.grid thead th").CountAsync();
        await OpenAsync(page, page.Locator(".gear summary"));
        await ReachAsync(page, page.Locator(".gear input[type=checkbox]").First);
        await page.Keyboard.PressAsync("Space");
        await UseAsync(page, page.Locator(".gear").GetByRole(AriaRole.Button, new() { Name = "Apply" }));
        Assert.Equal(before - 1, await page.Locator("table.grid thead th").CountAsync());

        // The download is an ordinary link, and a wide table scrolls with arrows once it has the focus.
        await ReachAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Download as CSV" }));
        await ReachAsync(page, page.Locator(".scroll").First);
    }

    [Fact]
    public async Task Removing_a_group_and_adding_it_again()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await SignInAsync(context, "adele");
        var other = (await portal.WorkspacesAsync("adele"))[^1]["workspaceId"]!.GetValue<string>();
        await page.GotoAsync($"/w/{other}");
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "User management" }));
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Groups", Exact = true }));
        var name = (await page.Locator("tbody th bdi").AllInnerTextsAsync())[0];
        await OpenAsync(page, page.Locator(".more-of summary").First);
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = $"Remove {name}" }));
        await UseAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Remove the group" }));
        Assert.Equal("The group was removed.", await page.GetByRole(AriaRole.Status).InnerTextAsync());

        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "+ Add" }));
        await ReachAsync(page, page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Searchbox));
        await page.Keyboard.TypeAsync(name);
        await PressAsync(page, "Enter");
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }));
        await ReachAsync(page, page.GetByLabel("Support User"));
        await page.Keyboard.PressAsync("Space");
        await UseAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Show who gains what" }));
        Assert.Contains("Would gain", await page.GetByRole(AriaRole.Main).InnerTextAsync(), StringComparison.Ordinal);
        await UseAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Save" }));
        Assert.Equal("The group was added.", await page.GetByRole(AriaRole.Status).InnerTextAsync());
    }

    [Fact]
    public async Task Renaming_the_workspace_and_reading_who_did()
    {
        var was = (await portal.WorkspacesAsync("adele"))[^1];
        var path = $"/w/{was["workspaceId"]!.GetValue<string>()}";
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await SignInAsync(context, "adele");
        await page.GotoAsync(path);
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Settings" }));
        try
        {
            await ReachAsync(page, page.GetByLabel("Name"));
            await page.Keyboard.PressAsync("Control+A");
            await page.Keyboard.TypeAsync("By keyboard");
            await UseAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Rename" }));
            Assert.Equal("The workspace has its new name.", await page.GetByRole(AriaRole.Status).InnerTextAsync());
            await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Audit" }));
            Assert.Contains("By keyboard", await page.Locator("table.grid tbody tr").First.InnerTextAsync(), StringComparison.Ordinal);
        }
        finally
        {
            await portal.SendAsync(HttpMethod.Patch, await portal.PersonAsync("adele"), $"/v1/workspaces{path[2..]}", new JsonObject { ["name"] = was["name"]!.GetValue<string>() });
        }
    }

    [Fact]
    public async Task Scheduling_an_assessment()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await SignInAsync(context, "miriam");
        await page.GotoAsync(portal.Home);
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Assessments", Exact = true }).First);

        // Uses the last technology, because no other test uses it.
        await UseAsync(page, page.Locator("table.grid tbody th a").Last);
        await ReachAsync(page, page.Locator("select[name=days]"));
        await page.Keyboard.PressAsync("End");
        await UseAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Set the schedule" }));
        Assert.Contains("Every 90 days", await page.Locator(".figures").InnerTextAsync(), StringComparison.Ordinal);
        await ReachAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Run now" }));
        await UseAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "End the schedule" }));
        Assert.DoesNotContain("Every 90 days", await page.Locator(".figures").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Taking_a_course()
    {
        await using var context = await portal.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await SignInAsync(context, "lee");
        await page.GotoAsync(portal.Home);
        await UseAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Learning", Exact = true }).First);
        var enrol = page.GetByRole(AriaRole.Button, new() { Name = "Enrol " }).Last;
        var title = await enrol.Locator("bdi").TextContentAsync();
        await UseAsync(page, enrol);
        Assert.Equal("Your progress is saved.", await page.GetByRole(AriaRole.Status).InnerTextAsync());
        await UseAsync(page, page.GetByRole(AriaRole.Button, new() { Name = $"Continue to 25 % {title}" }));
        Assert.Contains("25 %", await page.GetByRole(AriaRole.Region, new() { Name = "Your courses" }).Locator("tr", new() { HasText = title }).InnerTextAsync(), StringComparison.Ordinal);
    }

    private static async Task<IPage> SignInAsync(IBrowserContext context, string person)
    {
        var page = await context.NewPageAsync();
        await page.GotoAsync("/");
        await UseAsync(page, page.GetByRole(AriaRole.Button).Filter(new() { HasText = $"{person}@" }).First);
        return page;
    }

    /// <summary>Presses Tab until the element has the focus, which must be visible.</summary>
    private static async Task ReachAsync(IPage page, ILocator element)
    {
        await element.WaitForAsync();
        for (var presses = 0; presses < Most; presses++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await element.EvaluateAsync<bool>("e => e === document.activeElement"))
            {
                Assert.True(
                    await element.EvaluateAsync<bool>("e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1; }"),
                    $"The focus is not seen on {await element.EvaluateAsync<string>("e => e.outerHTML")}");
                return;
            }
        }

        Assert.Fail($"Tab does not reach {await element.EvaluateAsync<string>("e => e.outerHTML")}");
    }

    /// <summary>Opens a menu and checks that its panel is shown.</summary>
    private static async Task OpenAsync(IPage page, ILocator summary)
    {
        await ReachAsync(page, summary);
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("details[open]").First.WaitForAsync();
    }

    /// <summary>Follows a link, or sends a form with its button.</summary>
    private static async Task UseAsync(IPage page, ILocator element)
    {
        await ReachAsync(page, element);
        await PressAsync(page, "Enter");
    }

    // Presses the key and waits until another document is loaded.
    private static async Task PressAsync(IPage page, string key)
    {
        await page.EvaluateAsync("document.documentElement.dataset.before = ''");
        await page.Keyboard.PressAsync(key);
        await page.Locator("html:not([data-before]) body").WaitForAsync();
        await page.WaitForLoadStateAsync();
    }
}
