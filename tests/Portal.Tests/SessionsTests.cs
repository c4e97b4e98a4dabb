using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>Two nodes of a portal that share sessions in Redis, without a load balancer with sticky sessions.</summary>
[Collection(nameof(PortalService))]
public sealed class SessionsTests(PortalService portal) : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);
    private static readonly string program = Path.Combine(AppContext.BaseDirectory, "EngageCenter.Portal.dll");

    private readonly TempFolder folder = new();
    private readonly HttpClient http = new();
    private readonly List<(Uri Url, ProgramProcess Process)> nodes = [];
    private Redis redis = null!;

    public async Task InitializeAsync()
    {
        redis = await Redis.Start(folder.Path, Place.Loopback);
        MakeCertificate("keys");
    }

    public async Task DisposeAsync()
    {
        foreach (var (_, process) in nodes)
        {
            await process.DisposeAsync();
        }

        await redis.DisposeAsync();
    }

    public void Dispose()
    {
        http.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Session_continues_at_another_node_after_its_node_was_killed_and_restarted()
    {
        var (first, second) = (await StartAsync(), await StartAsync());
        await using var context = await portal.NewContextAsync(new() { BaseURL = first.ToString() });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");

        await OpensAsync(page, new(second, portal.Home));
        await OpensAsync(page, new(first, $"{portal.Home}/groups"));
        await nodes[0].Process.Kill();
        await OpensAsync(page, new(second, $"{portal.Home}/groups"));
        await OpensAsync(page, new(await StartAsync(), $"{portal.Home}/users"));
    }

    [Fact]
    public async Task While_Redis_is_away_a_page_says_so_and_nobody_is_sent_to_sign_in()
    {
        var first = await StartAsync();
        await using var context = await portal.NewContextAsync(new() { BaseURL = first.ToString() });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
        await redis.Kill();

        var answer = (await page.GotoAsync(new Uri(first, portal.Home).ToString()))!;

        Assert.Equal((503, new Uri(first, portal.Home).ToString()), (answer.Status, page.Url));
        Assert.Equal("Something went wrong", await page.GetByRole(AriaRole.Heading).InnerTextAsync());
        await redis.Relaunch();
        await Until.True(async () => (await page.GotoAsync(new Uri(first, portal.Home).ToString()))!.Status == 200, bound, "the session goes on");
        Assert.Equal(new Uri(first, portal.Home).ToString(), page.Url);
    }

    [Fact]
    public async Task Form_from_one_node_is_accepted_by_another()
    {
        var (first, second) = (await StartAsync(), await StartAsync());
        await using var context = await portal.NewContextAsync(new() { BaseURL = first.ToString() });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
        await page.GotoAsync(new Uri(first, portal.Home).ToString());
        var proof = await page.Locator("form[action='/switch'] input[name='__RequestVerificationToken'], form[action='/signout'] input[name='__RequestVerificationToken']").First.InputValueAsync();

        var form = context.APIRequest.CreateFormData();
        form.Set("workspace", portal.Workspace);
        form.Set("__RequestVerificationToken", proof);
        var taken = await context.APIRequest.PostAsync(new Uri(second, "/switch").ToString(), new() { Form = form, MaxRedirects = 0 });

        Assert.Equal((302, portal.Home), (taken.Status, taken.Headers["location"]));
    }

    [Fact]
    public async Task Signing_out_at_one_node_ends_the_session_at_the_other()
    {
        var (first, second) = (await StartAsync(), await StartAsync());
        await using var context = await portal.NewContextAsync(new() { BaseURL = first.ToString() });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");
        await using var other = await portal.NewContextAsync(new() { BaseURL = first.ToString() });
        await other.AddCookiesAsync((await context.CookiesAsync()).Where(cookie => cookie.Name.StartsWith("engage-center", StringComparison.Ordinal))
            .Select(cookie => new Cookie { Name = cookie.Name, Value = cookie.Value, Domain = cookie.Domain, Path = cookie.Path }));
        var copy = await other.NewPageAsync();
        await OpensAsync(copy, new(first, portal.Home));

        await page.GotoAsync(new Uri(second, portal.Home).ToString());
        await page.Locator("header details summary").Last.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.WaitForURLAsync(url => !url.StartsWith(new Uri(second, portal.Home).ToString(), StringComparison.Ordinal));

        // An earlier copy of the cookie does not bring the session back, because its tokens are gone from Redis.
        await copy.GotoAsync(new Uri(first, portal.Home).ToString());
        Assert.Contains("/oauth2/v2.0/authorize", copy.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redis_contains_no_readable_token_and_a_new_certificate_keeps_the_sessions()
    {
        var first = await StartAsync();
        await using var context = await portal.NewContextAsync(new() { BaseURL = first.ToString() });
        var page = await context.NewPageAsync();
        await PortalService.SignInAsync(page, "adele");

        var stored = await File.ReadAllBytesAsync(Directory.GetFiles(folder.Path, "*.aof", SearchOption.AllDirectories).Single(name => name.Contains(".incr.", StringComparison.Ordinal)));
        var text = System.Text.Encoding.Latin1.GetString(stored);
        Assert.Contains("engage-center-portal:keys", text, StringComparison.Ordinal);
        Assert.Contains("EncryptedData", text, StringComparison.Ordinal);
        Assert.DoesNotContain("masterKey><value>", text.Replace(" ", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\"secret\"", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("eyJ", text, StringComparison.Ordinal);

        File.Move(folder.File("keys.crt"), folder.File("before.crt"));
        File.Move(folder.File("keys.key"), folder.File("before.key"));
        MakeCertificate("keys");
        var second = await StartAsync(new("Portal__Sessions__PreviousCertificateFile", folder.File("before.crt")), new("Portal__Sessions__PreviousKeyFile", folder.File("before.key")));
        await OpensAsync(page, new(second, portal.Home));
    }

    /// <summary>Checks that the page is shown without a redirect to LocalEntra, which would sign the person in again without asking.</summary>
    private static async Task OpensAsync(IPage page, Uri url)
    {
        var asked = new List<string>();
        void Note(object? sender, Microsoft.Playwright.IRequest request) => asked.Add(request.Url);
        page.Request += Note;
        Assert.Equal(200, (await page.GotoAsync(url.ToString()))!.Status);
        page.Request -= Note;
        Assert.Equal(url.ToString(), page.Url);
        Assert.DoesNotContain(asked, address => address.Contains("/oauth2/", StringComparison.Ordinal));
        Assert.NotEqual(0, await page.GetByRole(AriaRole.Navigation, new() { Name = "Pages", Exact = true }).CountAsync());
    }

    private async Task<Uri> StartAsync(params KeyValuePair<string, string>[] settings)
    {
        var url = PortalService.Loopback();
        var process = ProgramProcess.OfDotnet(program, folder.Path,
        [
            .. await portal.NodeAsync(url),
            new("Portal__Sessions__Redis", redis.ConnectionString),
            new("Portal__Sessions__CertificateFile", folder.File("keys.crt")),
            new("Portal__Sessions__KeyFile", folder.File("keys.key")),
            .. settings,
        ]);
        nodes.Add((url, process));
        await Until.True(() => ReadyAsync(url, process), bound, $"the portal is ready. {process}");
        return url;
    }

    private async Task<bool> ReadyAsync(Uri url, ProgramProcess process)
    {
        Assert.False(process.HasEnded, $"{process}");
        try
        {
            using var answer = await http.GetAsync(new Uri(url, "/health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void MakeCertificate(string name)
    {
        using var key = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(now.AddDays(-1), now.AddDays(365));
        File.WriteAllText(folder.File($"{name}.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(folder.File($"{name}.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
