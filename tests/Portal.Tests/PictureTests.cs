using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>Takes the pictures of docs/use/portal.md if PORTAL_PICTURES names a folder.</summary>
[Collection(nameof(PortalService))]
public sealed class PictureTests(PortalService portal)
{
    private const string Adele = "c0000000-0000-4000-8000-000000000000_c0000000-0000-4000-8000-000000000101";

    [PictureTheory]
    [InlineData("home", "adele", "")]
    [InlineData("support-insights", "adele", "/support-insights")]
    [InlineData("support-cases", "adele", "/support-cases")]
    [InlineData("customer-activity", "adele", "/customer-activity")]
    [InlineData("assessments", "diego", "/assessments")]
    [InlineData("assessment", "diego", "/assessments/EntraId")]
    [InlineData("learning", "lee", "/learning")]
    [InlineData("users", "adele", $"/users?user={Adele}")]
    [InlineData("groups", "adele", "/groups")]
    [InlineData("audit", "adele", "/audit")]
    [InlineData("settings", "adele", "/settings")]
    public async Task Pictures_are_taken(string name, string person, string path)
    {
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            var page = await portal.OpenAsync(person, portal.Home + path, scheme);
            await page.SetViewportSizeAsync(1200, 800);
            await page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, Environment.GetEnvironmentVariable(PictureTheoryAttribute.Folder)!, $"{name}-{scheme.ToString().ToLowerInvariant()}.png") });
            await page.CloseAsync();
        }
    }

    private sealed class PictureTheoryAttribute : TheoryAttribute
    {
        public const string Folder = "PORTAL_PICTURES";

        public PictureTheoryAttribute() => Skip = Environment.GetEnvironmentVariable(Folder) is null ? $"{Folder} names no folder." : null;
    }
}
