namespace EngageCenter.Cli.Tests;

[Collection(nameof(CliService))]
public sealed class LoginTests(CliService service)
{
    /// <summary>A process of its own, whose desktop is a script that notes which page it is to open.</summary>
    [Fact]
    public async Task A_browser_signs_in_and_the_next_command_knows_who_it_is()
    {
        using var shell = service.NewShell();
        Directory.CreateDirectory(shell.File("bin"));
        var (desktop, opened) = (shell.File("bin/xdg-open"), shell.File("opened"));
        await File.WriteAllTextAsync(desktop, $"#!/bin/sh\necho \"$1\" > '{opened}.new' && mv '{opened}.new' '{opened}'\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(desktop, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        shell.Variables["PATH"] = $"{shell.File("bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        await using var login = shell.Start(service.Login("--browser"));
        await Until.True(() => Task.FromResult(login.HasEnded || File.Exists(opened)), TimeSpan.FromMinutes(1), "the browser is opened");
        Assert.False(login.HasEnded, $"{login}");
        var page = new Uri((await File.ReadAllTextAsync(opened)).Trim());
        Assert.Equal((service.Service.EntraUrl.Authority, "http"), (page.Authority, page.Scheme));
        Assert.Contains("code_challenge_method=S256", page.Query);
        await CliService.ChooseAsync(page, "adele");
        Assert.True(await login.Ended() == 0, $"{login}");

        Assert.StartsWith("Adele Vance <adele", login.Output);
        var me = (await shell.RunAsync("whoami", "--json")).With(0).Json;
        Assert.Equal(("Adele Vance", CliService.Contoso), ((string)me["displayName"]!, (string)me["tenantId"]!));
    }

    [Fact]
    public async Task A_code_signs_in_where_there_is_no_browser()
    {
        using var shell = service.NewShell();
        Assert.StartsWith("Grady Archie", (await service.SignInAsync(shell, "grady")).With(0).Out);
        Assert.StartsWith("Grady Archie", (await shell.RunAsync("whoami")).With(0).Out);
    }

    [Fact]
    public async Task Nothing_on_disk_is_a_token_and_no_other_reads_it()
    {
        using var shell = await service.SignedInAsync("adele");
        var files = Directory.GetFiles(shell.Home, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => Path.GetFileName(file) == "tokens.bin");
        foreach (var file in files)
        {
            var text = await File.ReadAllTextAsync(file);
            Assert.DoesNotContain("eyJ", text);
            Assert.DoesNotContain("secret", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("refresh", text, StringComparison.OrdinalIgnoreCase);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(file)!));
            }
        }
    }

    [Fact]
    public async Task Another_key_opens_nothing()
    {
        using var shell = await service.SignedInAsync("adele");
        shell.Variables["ENGAGE_KEY"] = Convert.ToBase64String(new byte[32]);
        Assert.Contains("engage login", (await shell.RunAsync("whoami")).With(3).Error);
        shell.Variables["ENGAGE_KEY"] = "short";
        Assert.Contains("32 random bytes", (await shell.RunAsync("whoami")).With(2).Error);
    }

    [Fact]
    public async Task Person_who_signed_out_has_no_session()
    {
        using var shell = await service.SignedInAsync("adele");
        (await shell.RunAsync("logout")).With(0);
        Assert.Contains("Nobody is signed in", (await shell.RunAsync("workspaces")).With(3).Error);
        Assert.DoesNotContain(Directory.GetFiles(shell.Home, "*", SearchOption.AllDirectories), file => Path.GetFileName(file) == "tokens.bin");
        (await shell.RunAsync("logout")).With(0);
    }

    [Fact]
    public async Task Application_is_authenticated_by_its_secret_which_is_not_stored()
    {
        using var shell = service.NewApplication();
        Assert.Contains("engage-center-automation", (await shell.RunAsync("whoami")).With(0).Out);
        Assert.Empty(Directory.GetFiles(shell.Home, "*", SearchOption.AllDirectories));

        shell.Variables["ENGAGE_CLIENT_SECRET"] = "wrong";
        Assert.Contains("AADSTS7000215", (await shell.RunAsync("whoami")).With(3).Error);
        shell.Variables.TryRemove("ENGAGE_TENANT_ID", out _);
        Assert.Contains("ENGAGE_TENANT_ID", (await shell.RunAsync("whoami")).With(2).Error);
    }

    [Theory]
    [InlineData(2, "https", "login", "--local", "--server", "http://engage.contoso.example")]
    [InlineData(2, "this machine", "login", "--instance", "http://entra.contoso.example", "--server", "https://engage.contoso.example", "--client-id", "x")]
    [InlineData(2, "exclude each other", "login", "--local", "--device", "--browser")]
    [InlineData(2, "--client-id", "login", "--server", "https://engage.contoso.example")]
    [InlineData(2, "--server", "login", "--client-id", "x")]
    [InlineData(3, "engage login", "whoami")]
    [InlineData(3, "engage login", "users")]
    public async Task A_sign_in_that_cannot_be_says_what_to_do(int code, string says, params string[] args)
    {
        using var shell = new Shell();
        Assert.Contains(says, (await shell.RunAsync(args)).With(code).Error);
    }

    [Fact]
    public async Task Without_a_protected_place_nobody_signs_in_and_a_key_is_asked_for()
    {
        using var shell = service.NewShell();
        shell.Variables.TryRemove("ENGAGE_KEY", out _);
        var said = await service.SignInAsync(shell, "adele");

        // Where the tests' machine has a store, it is used and all is well; the tokens are cleared again.
        if (said.Code == 0)
        {
            (await shell.RunAsync("logout")).With(0);
            return;
        }

        Assert.Contains("export ENGAGE_KEY=$(head -c 32 /dev/urandom | base64)", said.With(3).Error);
    }
}
