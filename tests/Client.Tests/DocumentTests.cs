namespace EngageCenter.Client.Tests;

/// <summary>The OpenAPI document that the client is generated from, which is the one that the service publishes.</summary>
public class DocumentTests
{
    private static readonly string linter = Path.Combine(Repository.Root, "eng", "redocly", "node_modules", "@redocly", "cli", "bin", "cli.js");
    private static readonly TimeSpan bound = TimeSpan.FromMinutes(2);

    public static string Document => Path.Combine(Repository.Root, "src", "Client", "obj", "openapi", "WebApi.json");

    [LinterFact]
    public async Task Redocly_finds_no_error_and_no_warning_in_it()
    {
        Assert.True(File.Exists(linter), "The linter is missing: run 'eng/needs redocly'.");
        await using var lint = ProgramProcess.Of(
            "node", Path.GetTempPath(), linter, "lint", Document, "--format=json", "--extends=recommended");
        await Until.True(() => Task.FromResult(lint.HasEnded), bound, "the linter ends");

        Assert.True(await lint.Ended() == 0, lint.ToString());
        Assert.Matches("\"errors\": 0,\\s*\"warnings\": 0", lint.Output);
    }

    /// <summary>Skips the test on a developer's machine without the linter, and says what to install. Under CI the test fails instead.</summary>
    internal sealed class LinterFactAttribute : FactAttribute
    {
        public LinterFactAttribute()
        {
            if (!File.Exists(linter) && Environment.GetEnvironmentVariable("CI") is null)
            {
                // The linter is an npm package. Who changes only C# can build and test without it, and CI always checks the document.
                Skip = "Needs the linter: run 'eng/needs redocly'.";
            }
        }
    }
}
