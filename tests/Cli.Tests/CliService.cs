using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AngleSharp.Html.Dom;
using EngageCenter.LocalEntra.Tests.SignIn;
using EngageCenter.Service;

namespace EngageCenter.Cli.Tests;

/// <summary>The service in this process with the sample's people, and shells of some of them.</summary>
public sealed partial class CliService : IAsyncLifetime
{
    public const string Contoso = "c0000000-0000-4000-8000-000000000000";
    public const string SupportGroup = "c0000000-0000-4000-8000-000000000206";

    private ServiceInProcess service = null!;

    internal ServiceInProcess Service => service;

    /// <summary>The application that delivers agreements and cases.</summary>
    internal Shell Automation { get; private set; } = null!;

    /// <summary>Contoso's workspace of the enterprise agreement.</summary>
    public string Workspace { get; private set; } = "";

    public static string Sample(string name) => Path.Combine(Repository.Root, "samples", name);

    /// <summary>Whether LocalEntra is the directory of the organization, too.</summary>
    internal bool HasDirectory { get; init; }

    public async Task InitializeAsync()
    {
        var entra = $"http://127.0.0.1:{FreePort.Next()}";
        service = await ServiceInProcess.Start([
            ("LocalEntra:DirectoryFile", Sample("contoso.json")),
            .. HasDirectory ? Directory(entra) : [],
        ]);
        Automation = NewApplication();
        var applied = (await Automation.RunAsync("agreements", "apply", Sample("contoso-agreements.json"), "--yes")).With(0);
        Workspace = ContosoWorkspace().Match(applied.Error).Groups[1].Value;
    }

    public async Task DisposeAsync()
    {
        Automation.Dispose();
        await service.DisposeAsync();
    }

    internal Shell NewShell()
    {
        var shell = new Shell();
        shell.Variables["ENGAGE_SERVER"] = Address(service.Url);
        shell.Variables["ENGAGE_INSTANCE"] = Address(service.EntraUrl);
        return shell;
    }

    internal Shell NewApplication()
    {
        var shell = NewShell();
        shell.Variables["ENGAGE_CLIENT_ID"] = "engage-center-automation";
        shell.Variables["ENGAGE_CLIENT_SECRET"] = "local-development-only";
        shell.Variables["ENGAGE_TENANT_ID"] = Contoso;
        return shell;
    }

    internal string[] Login(params string[] more) => ["login", "--local", "--server", Address(service.Url), "--instance", Address(service.EntraUrl), .. more];

    /// <summary>A shell in which somebody has signed in, with Contoso's workspace in use.</summary>
    internal async Task<Shell> SignedInAsync(string person, bool isUsing = true)
    {
        var shell = NewShell();
        (await SignInAsync(shell, person)).With(0);
        if (isUsing)
        {
            (await shell.RunAsync("use", Workspace)).With(0);
        }

        return shell;
    }

    /// <summary>Signs somebody in by a code, which they type into a browser.</summary>
    internal async Task<Said> SignInAsync(Shell shell, string person)
    {
        var said = new SaidSoFar();
        var login = shell.RunAsync(said, CancellationToken.None, Login("--device"));
        await Until.True(() => Task.FromResult(login.IsCompleted || Code().IsMatch(said.Complained)), TimeSpan.FromSeconds(30), "the code is shown");
        if (Code().Match(said.Complained) is { Success: true } shown)
        {
            await ChooseAsync(new Uri($"{shown.Groups[1].Value}?otc={shown.Groups[2].Value}"), person);
        }

        return await login;
    }

    /// <summary>A workspace of Adele's that nobody has opened.</summary>
    internal async Task<string> WorkspaceAsync(string name)
    {
        var agreement = JsonNode.Parse(await File.ReadAllTextAsync(Sample("contoso-agreements.json")))![0]!.DeepClone().AsObject();
        agreement["agreementId"] = $"test-{Guid.NewGuid():N}";
        agreement["agreement"]!["organization"]!["name"] = name;
        using var shell = NewApplication();
        await File.WriteAllTextAsync(shell.File("agreement.json"), agreement.ToJsonString());
        var said = (await shell.RunAsync("agreements", "apply", shell.File("agreement.json"), "--yes")).With(0).Error;
        return said[(said.LastIndexOf('(') + 1)..said.LastIndexOf(')')];
    }

    /// <summary>What a person does in the browser: they say who they are, and the browser goes where it is sent.</summary>
    internal static async Task ChooseAsync(Uri page, string person)
    {
        using var browser = new Browser();
        var answer = await browser.ChooseAsync(await browser.OpenAsync(page.AbsoluteUri), $"{person}@contoso.example");
        if (answer.Document.QuerySelector("form") is IHtmlFormElement form)
        {
            // What the page's script does.
            answer = await browser.SubmitAsync(answer, form);
        }

        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    private static IEnumerable<(string Name, string Value)> Directory(string entra) =>
    [
        ("LocalEntra:Url", entra),
        ("Directory:Instance", entra),
        ("Directory:Graph", $"{entra}/graph/v1.0"),
        ("Directory:ClientId", "e0000000-0000-4000-8000-000000000001"),
        ("Directory:ClientCredentials:0:SourceType", "ClientSecret"),
        ("Directory:ClientCredentials:0:ClientSecret", "local-development-only"),
    ];

    private static string Address(Uri url) => url.ToString().TrimEnd('/');

    [GeneratedRegex(@"open the page (\S+) and enter the code (\w+)")]
    private static partial Regex Code();

    [GeneratedRegex(@"contoso-enterprise: Active, Contoso \((\w+)\)")]
    private static partial Regex ContosoWorkspace();
}

[CollectionDefinition(nameof(CliService))]
public sealed class CliServices : ICollectionFixture<CliService>;
