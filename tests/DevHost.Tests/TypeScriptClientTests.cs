namespace EngageCenter.DevHost.Tests;

/// <summary>clients/typescript is generated from the built document, compiles, and passes its own tests against a host.</summary>
public sealed class TypeScriptClientTests : IDisposable
{
    private static readonly TimeSpan bound = TimeSpan.FromMinutes(3);
    private static readonly string package = Path.Combine(Repository.Root, "clients", "typescript");

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [NodeFact]
    public async Task Client_is_generated_compiles_and_passes_its_tests()
    {
        Assert.True(NodeFactAttribute.IsInstalled, NodeFactAttribute.Missing);
        await Run("npm", "run", "build");
        Assert.True(File.Exists(Path.Combine(package, "dist", "src", "index.d.ts")));

        await using var host = await DevHostProcess.Start(new(folder.Path));
        var options = host.Options;
        await Run(
            "env", $"ENGAGE_URL={options.Service.GetLeftPart(UriPartial.Authority)}", $"ENTRA_URL={options.Entra.GetLeftPart(UriPartial.Authority)}", "npm", "test");
    }

    private static async Task Run(string program, params string[] arguments)
    {
        await using var process = ProgramProcess.Of(program, package, arguments);
        await Until.True(() => Task.FromResult(process.HasEnded), bound, () => $"It ends: {process}");
        Assert.True(await process.Ended() == 0, process.ToString());
    }

    /// <summary>Skipped with a message if its packages are missing; never skipped in CI.</summary>
    private sealed class NodeFactAttribute : FactAttribute
    {
        public const string Missing = "The packages of clients/typescript are missing: run 'eng/needs typescript'.";

        public NodeFactAttribute()
        {
            if (!IsInstalled && Environment.GetEnvironmentVariable("CI") is null)
            {
                Skip = Missing;
            }
        }

        public static bool IsInstalled => Directory.Exists(Path.Combine(package, "node_modules", "openapi-typescript"));
    }
}
