using System.Text;
using System.Text.RegularExpressions;

namespace EngageCenter.DevHost.Tests;

/// <summary>
/// Runs each shell block of README.md and docs/start/tutorial.md as printed, against a DevHost, and compares the output with the
/// block below it. Only the two addresses are replaced.
/// </summary>
public sealed partial class DocumentedCommandsTests : IDisposable
{
    private static readonly TimeSpan bound = TimeSpan.FromMinutes(2);

    private readonly TempFolder folder = new();

    [Fact]
    public async Task Commands_in_the_documents_print_what_the_documents_show()
    {
        await using var host = await DevHostProcess.Start(new(folder.Path));
        var blocks = Blocks("README.md").Concat(Blocks("docs/start/tutorial.md")).ToList();

        var printed = await Run(blocks.Select(b => b.Commands), host.Options);

        Assert.Equal(blocks.Count, printed.Count);
        Assert.NotEmpty(blocks);
        var wrong = blocks.Zip(printed).Where(p => !Pattern(p.First.Prints).IsMatch(p.Second)).ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Select(w => $"{w.First.Commands}\nprints\n{w.Second}\ninstead of\n{w.First.Prints}\n")));
    }

    [Theory]
    [InlineData("""{"opened":1,"byMonth":[…]}""", """{"opened":25,"byMonth":[1,2]}""", true)]
    [InlineData("""{"hoursDelivered":133.0}""", """{"hoursDelivered":134.0}""", false)]
    [InlineData("""{"totalCount":10}""", """{"totalCount":1}""", false)]
    [InlineData("""{"a":1}""", """{"a":1,"b":2}""", false)]
    [InlineData("""{"at":"2026-11-25T02:08:55.79Z"}""", """{"at":"2027-01-02T03:04:05Z"}""", true)]
    [InlineData("""{"at":"2026-11-25T02:08:55.79Z"}""", """{"at":"NotFound"}""", false)]
    [InlineData("2026-11-24T15:00:00Z,\nlast", "2026-11-24T15:00:00Z,\nother", false)]
    [InlineData("""{"status":"Active"}""", """{"status":"NotFound"}""", false)]
    [InlineData("one\n…\nlast", "one\ntwo\nthree\nlast", true)]
    [InlineData("one\ntwo", "one", false)]
    public void Printed_values_that_change_with_time_may_differ(string document, string output, bool matches) =>
        Assert.Equal(matches, Pattern(document).IsMatch(output));

    public void Dispose() => folder.Dispose();

    private static IEnumerable<(string Commands, string Prints)> Blocks(string document) =>
        Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, document))).Select(m => (m.Groups["commands"].Value, m.Groups["prints"].Value.TrimEnd('\n')));

    /// <summary>One shell runs all blocks, because a block uses variables of earlier ones.</summary>
    private async Task<IReadOnlyList<string>> Run(IEnumerable<string> commands, DevHostOptions options)
    {
        const string End = "-- end of block --";
        var script = new StringBuilder("set -euo pipefail\n");
        foreach (var block in commands)
        {
            script.Append(block.Replace("http://localhost:8080", Authority(options.Service), StringComparison.Ordinal)
                .Replace("http://localhost:8081", Authority(options.Entra), StringComparison.Ordinal)).Append($"echo '{End}'\n");
        }

        await using var bash = ProgramProcess.Of("bash", folder.Path, folder.Write("commands", script.ToString()));
        Assert.True(await bash.Ended().WaitAsync(bound) == 0, $"The commands end with an error. {bash}");
        return [.. bash.Output.Split($"{End}\n", StringSplitOptions.None)[..^1].Select(o => o.TrimEnd('\n'))];
    }

    private static string Authority(Uri address) => address.GetLeftPart(UriPartial.Authority);

    /// <summary>
    /// … stands for any text. Ids of workspaces, months, times of the service and counts by the calendar may differ, because they
    /// are different at each start. Times that a command sends are in whole seconds and must be equal.
    /// </summary>
    private static Regex Pattern(string document) => new(
        $"^{Varying().Replace(Regex.Escape(document), m => m.Value switch
        {
            "…" => "[\\s\\S]*",
            _ when m.Value.Contains('T', StringComparison.Ordinal) => "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z",
            _ when m.Value.Length == 32 => "[0-9a-f]{32}",
            _ when m.Value.Length == 7 => "[0-9]{4}-[0-9]{2}",
            _ => "[0-9]+",
        })}$", RegexOptions.None, TimeSpan.FromSeconds(10));

    [GeneratedRegex(@"^```bash\n(?<commands>.*?)^```\n(```(json|csv|text)\n(?<prints>.*?)^```\n)?", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    // Matches, in an escaped text: times, ids of workspaces, months, and counts by the calendar.
    [GeneratedRegex(@"…|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\\.[0-9]+Z|(?<="")[0-9a-f]{32}(?="")|(?<="")[0-9]{4}-[0-9]{2}(?="")|(?<=""(?:opened|closed|open|started|completed)"":)[0-9]+")]
    private static partial Regex Varying();
}
