namespace EngageCenter;

/// <summary>Runs the SDK's program on the same build as the tests.</summary>
internal static class Dotnet
{
    /// <summary>Debug or Release, like the tests.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        await using var process = ProgramProcess.Of(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", folder, arguments);
        await Until.True(() => Task.FromResult(process.HasEnded), TimeSpan.FromMinutes(4), $"'dotnet {string.Join(' ', arguments)}' ends");
        return await process.Ended() == 0 ? process.Output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)}\n{process}");
    }

    /// <summary>Packs a built project into a folder.</summary>
    public static Task PackAsync(string project, string into) =>
        RunAsync(Repository.Root, "pack", Path.Combine("src", project), "--no-build", "-c", Configuration, "-o", into, "--nologo", "-v:quiet");
}
