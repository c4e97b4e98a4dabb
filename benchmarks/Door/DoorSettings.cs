using System.Collections.Immutable;
using System.Globalization;

namespace EngageCenter.Door;

/// <param name="People">How many people check in turns. 1 to 100,000.</param>
/// <param name="Groups">Groups in each token, all with a role in the workspace. 1 to 200.</param>
/// <param name="Connections">Connections of the client, each with one request at a time. 1 to 1,000.</param>
/// <param name="Rounds">How many rounds are measured. 1 to 100.</param>
/// <param name="Seconds">How long each contestant is measured in a round. 1 to 60.</param>
/// <param name="Silos">The sizes of the clusters that a web node is measured with; none by default.</param>
/// <param name="Decisions">How many decisions web nodes keep. DevHost and clusters that keep none are then measured too. 0: the default number, without a comparison.</param>
/// <param name="Only">Measures only contestants whose name begins with one of these, and always the first one; empty for all.</param>
/// <param name="Before">The output of src/DevHost of another commit, which is then measured too; null for none.</param>
/// <param name="Set">Settings of DevHost and of the web nodes, as environment variables.</param>
/// <param name="Output">A file for the report, besides standard output.</param>
internal sealed record DoorSettings(
    int People, int Groups, int Connections, int Rounds, int Seconds, ImmutableArray<int> Silos, int Decisions, ImmutableArray<string> Only,
    ImmutableArray<KeyValuePair<string, string>> Set, string? Before, string? Output, string CommandLine)
{
    private const string Usage =
        "Door [--people 100] [--groups 20] [--connections 32] [--rounds 5] [--seconds 2] [--silos 1,2,3] [--decisions 10000] [--only NAME]... [--before DIR] [--set NAME=VALUE]... [--output FILE]";

    /// <exception cref="ArgumentException">An argument is unknown or out of its range.</exception>
    public static DoorSettings Read(string[] args)
    {
        var given = new List<(string Name, string Value)>();
        for (var i = 0; i < args.Length; i += 2)
        {
            given.Add((args[i], i + 1 < args.Length ? args[i + 1] : throw Refused(args[i])));
        }

        var settings = new DoorSettings(
            Number("--people", 100, 100_000),
            Number("--groups", 20, 200),
            Number("--connections", 32, 1_000),
            Number("--rounds", 5, 100),
            Number("--seconds", 2, 60),
            [.. Take("--silos").SelectMany(list => list.Split(',')).Select(size => Parse("--silos", size, 20))],
            Number("--decisions", 0, 1_000_000),
            [.. Take("--only")],
            [.. Take("--set").Select(Variable)],
            Take("--before").LastOrDefault(),
            Take("--output").LastOrDefault() is { } output ? InFolder(output) : null,
            string.Join(' ', args));
        return given.Count == 0 ? settings : throw Refused(given[0].Name);

        List<string> Take(string name)
        {
            var values = given.Where(g => g.Name == name).Select(g => g.Value).ToList();
            given.RemoveAll(g => g.Name == name);
            return values;
        }

        int Number(string name, int otherwise, int most) => Take(name) is [.., var last] ? Parse(name, last, most) : otherwise;
    }

    // Said before the measurement, which takes minutes.
    private static string InFolder(string file) => Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file))) ? file : throw Refused("--output");

    private static int Parse(string name, string text, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number : throw Refused(name);

    private static KeyValuePair<string, string> Variable(string text) =>
        text.Split('=', 2) is [{ Length: > 0 } name, var value] ? new(name, value) : throw Refused("--set");

    private static ArgumentException Refused(string argument) => new($"Not understood: {argument}\n{Usage}");
}
