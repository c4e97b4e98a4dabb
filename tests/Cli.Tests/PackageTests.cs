namespace EngageCenter.Cli.Tests;

public sealed class PackageTests
{
    [Fact]
    public async Task The_tool_installs_from_a_folder_and_answers()
    {
        using var folder = new TempFolder();
        await Dotnet.PackAsync("Cli", folder.File("packages"));
        await File.WriteAllTextAsync(folder.File("nuget.config"), "<configuration><packageSources><clear /><add key=\"here\" value=\"packages\" /></packageSources></configuration>");
        await Dotnet.RunAsync(folder.Path, "tool", "install", "EngageCenter.Cli", "--tool-path", folder.File("tools"), "--configfile", folder.File("nuget.config"));

        await using var help = ProgramProcess.Of(folder.File("tools/engage"), folder.Path, "--help");
        Assert.True(await help.Ended() == 0, $"{help}");
        Assert.Contains("agreements", help.Output);
        await using var wrong = ProgramProcess.Of(folder.File("tools/engage"), folder.Path, "nonsense");
        Assert.Equal(2, await wrong.Ended());
    }
}
