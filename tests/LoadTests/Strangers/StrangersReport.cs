using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace EngageCenter.LoadTests;

/// <param name="Alone">The members' results without strangers.</param>
/// <param name="Beside">The members' results while strangers came.</param>
/// <param name="Strangers">The strangers' results.</param>
internal sealed record StrangersRound(RunResult Alone, RunResult Beside, RunResult Strangers)
{
    /// <summary>The members' 99th percentile with strangers, divided by the one without.</summary>
    public double Ratio => P99(Beside) / P99(Alone);

    public static double P99(RunResult run) => run.Operations.Single().Service.P99;
}

/// <summary>What the service holds at one moment.</summary>
/// <param name="Bytes">The managed memory of the process after a collection: silo, web node and load together.</param>
/// <param name="Activations">Grains in memory.</param>
/// <param name="Rows">Rows in storage, without the sets of known ids, whose number is fixed.</param>
internal readonly record struct Held(long Bytes, int Activations, long Rows);

internal sealed record StrangersReport(StrangersOptions Options, ImmutableArray<StrangersRound> Rounds, Held Before, Held After)
{
    /// <summary>Strangers who got an answer.</summary>
    public long Came => Rounds.Sum(r => r.Strangers.Count);

    public IEnumerable<ErrorCount> Errors => Rounds.SelectMany(r => r.Alone.Errors.Concat(r.Beside.Errors).Concat(r.Strangers.Errors));

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Came} strangers, {Options.PerSecond} a second, each with {Options.Groups} groups, and {Options.SlowBodies} slow bodies, beside {Options.MembersPerSecond} requests of members a second\n\n");
        text.Append("| round | members' p99 alone, ms | beside strangers, ms | times | strangers' answers |\n|---|---|---|---|---|\n");
        foreach (var (n, round) in Rounds.Index())
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {n + 1} | {StrangersRound.P99(round.Alone):F1} | {StrangersRound.P99(round.Beside):F1} | {round.Ratio:F2} | {string.Join(", ", round.Strangers.Operations.Select(o => $"{o.Count} × {o.Kind}"))} |\n");
        }

        text.Append(CultureInfo.InvariantCulture,
            $"\n| | before | after |\n|---|---|---|\n| managed memory, MB | {Before.Bytes / 1e6:F1} | {After.Bytes / 1e6:F1} |\n| activations | {Before.Activations} | {After.Activations} |\n| rows | {Before.Rows} | {After.Rows} |\n");
        foreach (var error in Errors)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{error.Count} × {error.Operation}: {error.Error}, {error.First}");
        }

        return text.ToString();
    }
}
