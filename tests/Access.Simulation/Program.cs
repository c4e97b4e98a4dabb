using System.Diagnostics;
using System.Globalization;
using EngageCenter.Access.Simulation;
using EngageCenter.Directories.Simulation;
using Fault = EngageCenter.Access.Simulation.Fault;

// dotnet run --project tests/Access.Simulation -- --seeds 1..1000 [--fault NAME] [--steps N]
// dotnet run --project tests/Access.Simulation -- --seed N --history [--fault NAME] [--steps N]
// dotnet run --project tests/Access.Simulation -- directory, and then the same
if (args is ["directory", ..])
{
    return DirectoryProgram.Run(args[1..]);
}

var (first, last, history, fault, steps) = (1ul, 1_000ul, false, Fault.None, Simulation.DefaultSteps);
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

var (totals, watch, failing) = (Totals.None, Stopwatch.StartNew(), new List<Outcome>());
for (var seed = first; seed <= last; seed++)
{
    var outcome = Simulation.Run(seed, fault, steps);
    totals += outcome.Totals;
    if (!outcome.Violations.IsEmpty)
    {
        failing.Add(outcome);
    }
}

watch.Stop();
foreach (var outcome in failing.Take(history ? 0 : 20))
{
    Console.WriteLine($"Seed {outcome.Seed}: {outcome.Violations[0].What}");
}

// The shortest of them tells its story best.
var shown = history && first == last ? first : failing.MinBy(o => o.Violations[0].Operations.Select(v => v.EndedAt).DefaultIfEmpty(TimeSpan.MaxValue).Min())?.Seed;
if (shown is { } replayed)
{
    var replay = Simulation.Run(replayed, fault, steps, keepNotes: true);
    Console.WriteLine($"Seed {replayed}, step by step:");
    Console.Write(replay.History.Print(replay.Violations.IsEmpty ? [] : [replay.Violations[0]]));
}

Console.WriteLine(
    $"{totals.Seeds} seeds in {watch.Elapsed.TotalSeconds:F1} s: {totals.Decisions} decisions, {totals.Changes} changes, {totals.Acts} acts, {totals.Unconfirmed} unconfirmed; "
    + $"{totals.MadeElsewhere} acts by a decision of another owner's lease; {totals.Owners} activations, {totals.Duplicates} of them duplicates, {totals.Crashes} crashes, {totals.Pauses} pauses, {totals.Cuts} partitions; "
    + $"{totals.Warm} decisions from a web node's memory, {totals.WebFaults} faults of web nodes; "
    + $"{failing.Count} seeds with violations");
return failing.Count == 0 ? 0 : 1;
