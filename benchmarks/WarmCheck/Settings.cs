using System.Globalization;

namespace EngageCenter.WarmCheck;

/// <param name="Users">How many people are checked in turns. 1 to 10,000.</param>
/// <param name="Groups">Groups in each person's token, and in the workspace. 1 to 200.</param>
/// <param name="Callers">How many calls run at the same time. 1 to 10,000.</param>
/// <param name="Rounds">How many rounds of each kind of call are measured. 1 to 1,000.</param>
/// <param name="Milliseconds">How long each kind of call is made in a round. 100 to 60,000.</param>
/// <param name="FromClient">Whether the calls come over TCP from a client instead of from the silo's process.</param>
/// <param name="AtLeast">The benchmark fails if the median ratio is below this; 0 for never.</param>
internal sealed record Settings(int Users, int Groups, int Callers, int Rounds, int Milliseconds, bool FromClient, double AtLeast)
{
    private const string Usage =
        "WarmCheck [--users 100] [--groups 20] [--callers 8 for each core] [--rounds 20] [--milliseconds 500] [--from silo|client] [--at-least 0.8]";

    /// <exception cref="ArgumentException">An argument is unknown or out of its range.</exception>
    public static Settings Read(string[] args)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i += 2)
        {
            given[args[i]] = i + 1 < args.Length ? args[i + 1] : throw Refused(args[i]);
        }

        var settings = new Settings(
            Number("--users", 100, 10_000),
            Number("--groups", 20, 200),
            Number("--callers", 8 * Environment.ProcessorCount, 10_000),
            Number("--rounds", 20, 1_000),
            Number("--milliseconds", 500, 60_000, least: 100),
            Take("--from") switch { null or "silo" => false, "client" => true, _ => throw Refused("--from") },
            Ratio("--at-least"));
        return given.Count == 0 ? settings : throw Refused(given.Keys.First());

        string? Take(string name) => given.Remove(name, out var value) ? value : null;

        int Number(string name, int otherwise, int most, int least = 1) =>
            Take(name) is not { } value ? otherwise
            : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
            : throw Refused(name);

        double Ratio(string name) =>
            Take(name) is not { } value ? 0
            : double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var ratio) ? ratio
            : throw Refused(name);
    }

    private static ArgumentException Refused(string argument) => new($"Not understood: {argument}\n{Usage}");
}
