using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>Takes the pictures of docs/portal.md where PORTAL_PICTURES names a folder.</summary>
[Collection(nameof(PortalService))]
public sealed class PictureTests(PortalService portal)
{
    private const string Adele = "c0000000-0000-4000-8000-000000000000_c0000000-0000-4000-8000-000000000101";

    [PictureTheory]
    [InlineData("home-light.png", "", ColorScheme.Light)]
    [InlineData("users-dark.png", $"/users?user={Adele}", ColorScheme.Dark)]
    public async Task Pictures_are_taken(string file, string path, ColorScheme scheme)
    {
        var page = await portal.OpenAsync("adele", portal.Home + path, scheme);
        await page.SetViewportSizeAsync(1200, 800);
        await page.ScreenshotAsync(new() { Path = Path.Combine(Repository.Root, Environment.GetEnvironmentVariable(PictureTheoryAttribute.Folder)!, file) });
        await page.CloseAsync();
    }

    private sealed class PictureTheoryAttribute : TheoryAttribute
    {
        public const string Folder = "PORTAL_PICTURES";

        public PictureTheoryAttribute() => Skip = Environment.GetEnvironmentVariable(Folder) is null ? $"{Folder} names no folder." : null;
    }
}
