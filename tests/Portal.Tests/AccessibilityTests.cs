using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

[Collection(nameof(PortalService))]
public sealed class AccessibilityTests(PortalService portal)
{
    // A group of the sample that holds roles.
    private const string Group = "c0000000-0000-4000-8000-000000000206";
    private const string Adele = "c0000000-0000-4000-8000-000000000000_c0000000-0000-4000-8000-000000000101";

    private static readonly string[] pages =
    [
        "", "/support-insights", "/support-insights?months=12", "/support-cases", "/support-cases?status=Closed&search=slow", "/users", "/users?role=CustomerSupportManager",
        $"/users?user={Adele}", "/groups", "/groups/add", "/groups/add?search=En", $"/groups/{Group}", $"/groups/{Group}/remove", "/customer-activity", "/customer-activity?status=Delivered",
        "/audit", "/settings", "/nothing",
    ];

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Axe_finds_no_violation_on_any_page(ColorScheme scheme)
    {
        List<string> found = [];
        foreach (var (person, paths) in (IEnumerable<(string, IEnumerable<string>)>)[
            ("adele", pages.Select(p => portal.Home + p).Append("/workspaces").Append("/w/none")),
            ("lee", [$"{portal.Home}/learning"]),
            ("diego", [$"{portal.Home}/assessments", $"{portal.Home}/assessments/EntraId"])])
        {
            var page = await portal.OpenAsync(person, "/", scheme);
            foreach (var path in paths)
            {
                await page.GotoAsync(path);
                found.AddRange(await ViolationsAsync(page, path));
            }

            await page.CloseAsync();
        }

        Assert.Empty(found);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Axe_finds_no_violation_in_any_menu(ColorScheme scheme)
    {
        var page = await portal.OpenAsync("adele", "/", scheme);
        List<string> found = [];
        foreach (var path in (string[])["", "/users", "/groups"])
        {
            await page.GotoAsync(portal.Home + path);
            foreach (var menu in await page.Locator("details:not(.more-of) > summary, tr:first-child .more-of > summary").AllAsync())
            {
                await menu.ClickAsync();
                found.AddRange(await ViolationsAsync(page, $"{path}: the menu {await menu.InnerTextAsync()}"));
                await menu.ClickAsync();
            }
        }

        Assert.Empty(found);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Nothing_is_cut_off_or_scrolls_sideways_on_a_narrow_screen()
    {
        var page = await portal.OpenAsync("adele", "/");
        await page.SetViewportSizeAsync(320, 640);
        foreach (var path in pages)
        {
            await page.GotoAsync(portal.Home + path);
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= 320"), path);
        }

        await page.CloseAsync();
    }

    [Fact]
    public async Task Page_is_reached_and_read_with_the_keyboard_alone()
    {
        var page = await portal.OpenAsync("adele", portal.Home);
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to the content", await FocusAsync(page));
        await TabToAsync(page, "User management");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Users", Exact = true }).WaitForAsync();
        await TabToAsync(page, "Groups");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Groups", Exact = true }).WaitForAsync();
        await TabToAsync(page, "+ Add");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Add a group" }).WaitForAsync();
        await page.CloseAsync();
    }

    private static async Task TabToAsync(IPage page, string text)
    {
        for (var presses = 0; presses < 40 && await FocusAsync(page) != text; presses++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        Assert.Equal(text, await FocusAsync(page));
    }

    private static async Task<string> FocusAsync(IPage page) => (await page.EvaluateAsync<string>("document.activeElement.innerText")).Trim();

    private static async Task<IEnumerable<string>> ViolationsAsync(IPage page, string where) =>
        (await page.RunAxe()).Violations.Select(v => $"{where}: {v.Id}, {v.Help}: {string.Join(" | ", v.Nodes.Select(n => n.Html).Take(3))}");
}
