using System.Diagnostics;
using System.Globalization;

namespace EngageCenter.Directories.Simulation;

/// <summary>The simulation of the directory from a command line.</summary>
internal static class DirectoryProgram
{
    public static int Run(string[] args)
    {
        var (first, last, history, fault, steps) = (1ul, 1_000ul, false, Fault.None, DirectorySimulation.DefaultSteps);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--seeds" when i + 1 < args.Length && args[i + 1].Split("..") is [var from, var to]:
                    (first, last) = (ulong.Parse(from, CultureInfo.InvariantCulture), ulong.Parse(to, CultureInfo.InvariantCulture));
                    i++;
                    break;
                case "--seed" when i + 1 < args.Length:
                    first = last = ulong.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--fault" when i + 1 < args.Length && Enum.TryParse(args[i + 1], ignoreCase: true, out fault):
                    i++;
                    break;
                case "--steps" when i + 1 < args.Length:
                    steps = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--history":
                    history = true;
                    break;
                default:
                    Console.Error.WriteLine($"Not understood: {args[i]}. Options: --seeds 1..1000 | --seed N, --history, --fault <{string.Join(" | ", Enum.GetNames<Fault>())}>, --steps N");
                    return 2;
            }
        }

        var (totals, watch, failing) = (DirectoryTotals.None, Stopwatch.StartNew(), new List<DirectoryOutcome>());
        for (var seed = first; seed <= last; seed++)
        {
            var outcome = DirectorySimulation.Run(seed, fault, steps, history);
            totals += outcome.Totals;
            if (outcome.Violations.Count > 0)
            {
                failing.Add(outcome);
            }

            if (history)
            {
                Console.WriteLine(string.Join(Environment.NewLine, outcome.Notes));
            }
        }

        foreach (var outcome in failing.Take(20))
        {
            Console.WriteLine($"Seed {outcome.Seed}: {outcome.Violations.Count} violations; {outcome.Violations[0].What}");
        }

        Console.WriteLine($"{watch.Elapsed.TotalSeconds:F1} s: {totals}; {failing.Count} seeds with violations");
        return failing.Count == 0 ? 0 : 1;
    }
}
