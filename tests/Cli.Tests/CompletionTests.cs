namespace EngageCenter.Cli.Tests;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("engage gr", "groups")]
    [InlineData("engage groups ", "preview")]
    [InlineData("engage check Ren", "RenameSpace")]
    [InlineData("engage users --st", "--status")]
    [InlineData("engage completion ", "pwsh")]
    public async Task Commands_options_and_values_are_suggested(string typed, string suggested)
    {
        using var shell = new Shell();
        var said = (await shell.RunAsync($"[suggest:{typed.Length}]", typed)).With(0);
        Assert.Contains(suggested, said.Out.Split('\n').Select(l => l.Trim()));
    }

    [Fact]
    public async Task Bash_completes_by_it()
    {
        using var shell = new Shell();
        var script = (await shell.RunAsync("completion", "bash")).With(0).Out;
        await File.WriteAllTextAsync(shell.File("complete.sh"), $$"""
            engage() { '{{Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet"}}' '{{Path.Combine(AppContext.BaseDirectory, "EngageCenter.Cli.dll")}}' "$@"; }
            {{script}}
            COMP_LINE='engage groups re' COMP_POINT=16 COMP_WORDS=(engage groups re) COMP_CWORD=2
            _engage
            printf '%s\n' "${COMPREPLY[@]}"
            """);
        await using var bash = ProgramProcess.Of("bash", shell.Home, shell.File("complete.sh"));
        Assert.True(await bash.Ended() == 0, $"{bash}");
        Assert.Equal("remove", bash.Output.Trim());
    }

    [Theory]
    [InlineData("zsh", "compdef _engage engage")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Other_shells_ask_the_same_program(string name, string how)
    {
        using var shell = new Shell();
        var script = (await shell.RunAsync("completion", name)).With(0).Out;
        Assert.Contains(how, script);
        Assert.Contains("[suggest:", script);
        (await shell.RunAsync("completion", "fish")).With(2);
    }
}
