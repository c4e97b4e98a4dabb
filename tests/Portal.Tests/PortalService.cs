using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace EngageCenter.Portal.Tests;

/// <summary>The sample organization with its portal in its own process, and one browser for all tests.</summary>
public sealed class PortalService : IAsyncLifetime, IDisposable
{
    public const string Contoso = "c0000000-0000-4000-8000-000000000000";
    private static readonly TimeSpan startBound = TimeSpan.FromSeconds(90);
    private static readonly string program = Path.Combine(AppContext.BaseDirectory, "EngageCenter.DevHost.dll");

    private readonly TempFolder folder = new();
    private readonly HttpClient http = new();
    private readonly Dictionary<(string, ColorScheme), IBrowserContext> people = [];
    private readonly Uri api = Loopback();
    private readonly Uri entra = Loopback();
    private readonly Uri entraHttps = new($"https://127.0.0.1:{FreePort.Next()}");
    private ProgramProcess? process;
    private IPlaywright? playwright;
    private IBrowser? browser;

    public Uri Url { get; } = Loopback();

    public Uri Api => api;

    /// <summary>A workspace that tests look at. They change nothing in it that other tests see.</summary>
    public string Workspace { get; private set; } = "";

    public string Home => $"/w/{Workspace}";

    public async Task InitializeAsync()
    {
        process = ProgramProcess.OfDotnet(program, folder.Path,
        [
            new("WebApi__Url", Address(api)),
            new("LocalEntra__Url", Address(entra)),
            new("LocalEntra__HttpsUrl", Address(entraHttps)),
            new("Portal__Url", Address(Url)),
            new("Storage__SqliteFile", folder.File("store/engage-center.db")),
        ]);
        await Until.True(() => Task.FromResult(process.HasEnded || process.Output.Contains("/v1/me/home\n", StringComparison.Ordinal)), startBound, $"the welcome of {process}");
        Assert.False(process.HasEnded, $"{process}");
        Workspace = (await WorkspacesAsync("adele")).Single(w => w["name"]!.GetValue<string>() == "Contoso")["workspaceId"]!.GetValue<string>();

        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
        });
    }

    /// <summary>Returns the settings of a second portal with the sample's people and web API.</summary>
    public async Task<List<KeyValuePair<string, string>>> NodeAsync(Uri url)
    {
        using var certificate = X509Certificate2.CreateFromPem(await http.GetStringAsync(new Uri(entra, "https-certificate")));
        return
        [
            new("ASPNETCORE_ENVIRONMENT", "Development"),
            new("Portal__Url", Address(url)),
            new("Portal__ApiUrl", Address(api)),
            new("Portal__LocalEntraThumbprint", certificate.GetCertHashString(HashAlgorithmName.SHA256)),
            new("Portal__LocalEntraUrl", Address(entra)),
            new("AzureAd__Instance", $"{Address(entraHttps)}/"),
            new("AzureAd__TenantId", "organizations"),
            new("AzureAd__ClientId", "e0000000-0000-4000-8000-000000000002"),
            new("AzureAd__ClientSecret", "local-development-only"),
            new("Shutdown__DrainDelay", "00:00:00"),
        ];
    }

    /// <summary>Opens a page for a person who has signed in, in a browser context of their own.</summary>
    public async Task<IPage> OpenAsync(string person, string path, ColorScheme scheme = ColorScheme.Light)
    {
        if (!people.TryGetValue((person, scheme), out var context))
        {
            people[(person, scheme)] = context = await NewContextAsync(new() { ColorScheme = scheme });
            var first = await context.NewPageAsync();
            await SignInAsync(first, person);
            await first.CloseAsync();
        }

        var page = await context.NewPageAsync();
        await page.GotoAsync(path);
        return page;
    }

    /// <summary>Creates a browser context in which nobody has signed in.</summary>
    public Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions? options = null)
    {
        options ??= new();
        options.BaseURL ??= Address(Url);
        options.Locale ??= "en-US";
        return browser!.NewContextAsync(options);
    }

    /// <summary>Signs in as a newcomer does: opens the address and clicks on a person.</summary>
    public static async Task SignInAsync(IPage page, string person)
    {
        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Button).Filter(new() { HasText = $"{person}@" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Main).WaitForAsync();
    }

    public async Task<List<JsonNode>> WorkspacesAsync(string person) =>
        [.. (await SendAsync(HttpMethod.Get, await PersonAsync(person), "/v1/me/workspaces"))!["value"]!.AsArray().Select(w => w!)];

    public Task<string> PersonAsync(string person) =>
        TokenAsync(("grant_type", "password"), ("username", $"{person}@contoso.example"), ("scope", "api://engage-center/access_as_user"));

    public Task<string> AutomationAsync() => TokenAsync(
        ("grant_type", "client_credentials"), ("client_id", "engage-center-automation"), ("client_secret", "local-development-only"), ("scope", "api://engage-center/.default"));

    public async Task<JsonNode?> SendAsync(HttpMethod method, string token, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(api, path)) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {response.StatusCode} {text}");
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    public async Task DisposeAsync()
    {
        await (browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        playwright?.Dispose();
        await (process?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    public void Dispose()
    {
        http.Dispose();
        folder.Dispose();
    }

    private async Task<string> TokenAsync(params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var response = await http.PostAsync(new Uri(entra, $"{Contoso}/oauth2/v2.0/token"), content);
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!["access_token"]!.GetValue<string>();
    }

    private static string Address(Uri url) => url.GetLeftPart(UriPartial.Authority);

    public static Uri Loopback() => new($"http://127.0.0.1:{FreePort.Next()}");
}

[CollectionDefinition(nameof(PortalService))]
public sealed class PortalServices : ICollectionFixture<PortalService>;
