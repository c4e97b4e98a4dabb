using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

[Collection(nameof(PortalService))]
public sealed class LanguageTests(PortalService portal)
{
    // The text nodes, and the texts of elements that are shown or read aloud, without names and without what people typed.
    private const string Words = """
        () => {
          const own = n => (n.nodeType === 1 ? n : n.parentElement).closest('bdi, [translate=no], [lang="en"], [lang="de"]:not(html)');
          const out = [];
          const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
          for (let n = walk.currentNode; n; n = walk.nextNode()) {
            if (n.nodeType === 3 && !own(n) && !n.parentElement.closest('style, title')) out.push(n.data.trim());
            if (n.nodeType === 1 && !own(n)) for (const a of ['aria-label', 'placeholder', 'title', 'alt']) if (n.hasAttribute(a)) out.push(n.getAttribute(a).trim());
          }
          return out.filter(t => /\p{L}{2}/u.test(t));
        }
        """;

    [Theory]
    [InlineData("adele", "", "support-insights", "support-cases", "customer-activity", "users", "users?role=Administrator&status=Active&source=Contract", "users?user=c0000000-0000-4000-8000-000000000000_c0000000-0000-4000-8000-000000000101", "groups", "groups?done=added", "groups/add", "groups/add?search=En", "groups/c0000000-0000-4000-8000-000000000206", "groups/c0000000-0000-4000-8000-000000000206/remove", "audit", "settings", "learning", "nothing", "/workspaces", "/w/none")]
    [InlineData("lee", "", "learning")]
    [InlineData("diego", "", "assessments", "assessments/EntraId", "assessments/nothing")]
    public async Task German_pages_contain_no_English_text(string person, params string[] paths)
    {
        List<string> left = [];
        await using var english = await portal.NewContextAsync();
        await using var deutsch = await portal.NewContextAsync(new() { Locale = "de-AT" });
        var (one, other) = (await english.NewPageAsync(), await deutsch.NewPageAsync());
        await PortalService.SignInAsync(one, person);
        await PortalService.SignInAsync(other, person);
        foreach (var path in paths.Select(p => p.StartsWith('/') ? p : p.Length == 0 ? portal.Home : $"{portal.Home}/{p}"))
        {
            await one.GotoAsync(path);
            await other.GotoAsync(path);
            Assert.Equal(("en", "de"), (await one.Locator("html").GetAttributeAsync("lang"), await other.Locator("html").GetAttributeAsync("lang")));
            var both = (await one.EvaluateAsync<string[]>(Words)).Intersect(await other.EvaluateAsync<string[]>(Words));
            left.AddRange(both.Where(t => !IsAlike(t)).Select(t => $"{path}: {t}"));
        }

        Assert.Empty(left);
    }

    [Fact]
    public async Task Language_is_the_browsers_until_the_person_chooses_another()
    {
        await using var context = await portal.NewContextAsync(new() { Locale = "de-AT", JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
        await page.GotoAsync($"{portal.Home}/users");
        Assert.Equal("Benutzer", await page.GetByRole(AriaRole.Heading).First.InnerTextAsync());
        await page.Locator(".person summary").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "English" }).ClickAsync();
        Assert.EndsWith("/users", page.Url, StringComparison.Ordinal);
        Assert.Equal("Users", await page.GetByRole(AriaRole.Heading).First.InnerTextAsync());
        await page.GotoAsync($"{portal.Home}/groups");
        Assert.Equal("Groups", await page.GetByRole(AriaRole.Heading).First.InnerTextAsync());
    }

    [Theory]
    [InlineData("en-US", "Workspaces", "en")]
    [InlineData("fr-FR", "Workspaces", "en")]
    [InlineData("de-CH", "Arbeitsbereiche", "de")]
    public async Task Browser_gets_its_preferred_language_or_English(string locale, string heading, string lang)
    {
        await using var context = await portal.NewContextAsync(new() { Locale = locale });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
        await page.GotoAsync("/workspaces");
        Assert.Equal(heading, await page.GetByRole(AriaRole.Heading).First.InnerTextAsync());
        Assert.Equal(lang, await page.Locator("html").GetAttributeAsync("lang"));
    }

    // Texts that are the same in both languages, also several of them or with a sign around them.
    private static bool IsAlike(string text) =>
        text.Split(',', '·', ':', '×', '+').Select(t => t.Trim()).Where(t => t.Length > 0)
            .All(t => !t.Any(char.IsLetter) || TextTests.German.GetValueOrDefault(t) == t || t is "Engage Center" or "UTC" or "en" || Regex.IsMatch(t, @"^[0-9.,/ ]+ (UTC|%)$"));
}
