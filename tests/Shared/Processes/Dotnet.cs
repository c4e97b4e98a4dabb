namespace EngageCenter;

/// <summary>The SDK's own program, on what these tests were built from.</summary>
internal static class Dotnet
{
    /// <summary>Debug or Release, as the tests are.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        await using var process = ProgramProcess.Of(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", folder, arguments);
        await Until.True(() => Task.FromResult(process.HasEnded), TimeSpan.FromMinutes(4), $"'dotnet {string.Join(' ', arguments)}' ends");
        return await process.Ended() == 0 ? process.Output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)}\n{process}");
    }

    /// <summary>Makes the package of a project that was built, in a folder.</summary>
    public static Task PackAsync(string project, string into) =>
        RunAsync(Repository.Root, "pack", Path.Combine("src", project), "--no-build", "-c", Configuration, "-o", into, "--nologo", "-v:quiet");
}
