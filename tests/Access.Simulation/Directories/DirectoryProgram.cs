using System.Diagnostics;
using EngageCenter.Access.Simulation;

namespace EngageCenter.Directories.Simulation;

/// <summary>Runs the simulation of the directory from the command line.</summary>
internal static class DirectoryProgram
{
    public static int Run(string[] args)
    {
        if (Arguments<Fault>.Read(args, DirectorySimulation.DefaultSteps) is not { } read)
        {
            return 2;
        }

        var (first, last, history, fault, steps) = read;
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
