using System.Diagnostics;
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

if (Arguments<Fault>.Read(args, Simulation.DefaultSteps) is not { } read)
{
    return 2;
}

var (first, last, history, fault, steps) = read;
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
