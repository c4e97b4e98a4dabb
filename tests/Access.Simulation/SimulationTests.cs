using System.Globalization;
using Xunit.Abstractions;

namespace EngageCenter.Access.Simulation;

/// <summary>The promises of docs/understand/coherence.md, under everything that the simulator can do.</summary>
public class SimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 1_000;

    public static TheoryData<string> Faults => [.. Enum.GetNames<Fault>().Where(f => f != nameof(Fault.None))];

    /// <summary>The environment variable <c>SIMULATION_SEEDS</c> sets the number of seeds; the default is 1,000.</summary>
    [Fact]
    public void Every_guarantee_holds_over_many_seeds()
    {
        var seeds = int.Parse(Environment.GetEnvironmentVariable("SIMULATION_SEEDS") ?? $"{Seeds}", CultureInfo.InvariantCulture);
        var totals = Totals.None;
        for (var seed = 1ul; seed <= (ulong)seeds; seed++)
        {
            var outcome = Simulation.Run(seed);
            Assert.True(outcome.Violations.IsEmpty, outcome.Violations.IsEmpty ? null : $"Seed {seed}: {outcome.Violations[0].What}");
            totals += outcome.Totals;
        }

        output.WriteLine($"{totals}");

        // Makes sure that nothing was found because nothing was wrong, and not because nothing happened.
        Assert.True(totals.Decisions > 50 * seeds && totals.Changes > 10 * seeds && totals.Acts > 10 * seeds, $"{totals}");
        Assert.True(totals.Warm > 10 * seeds && totals.WebFaults > seeds, $"{totals}");

        // If two owners have leased the same policy, each with its own key, a genuine decision is still accepted.
        Assert.True(totals.MadeElsewhere > seeds / 10, $"{totals}");
        Assert.True(totals.Crashes > seeds && totals.Pauses > seeds && totals.Cuts > seeds && totals.Duplicates > seeds, $"{totals}");
    }

    [Theory, MemberData(nameof(Faults))]
    public void Every_planted_fault_is_found(string planted)
    {
        var fault = Enum.Parse<Fault>(planted);
        for (var seed = 1ul; seed <= Seeds; seed++)
        {
            // The fault must be found by what somebody saw, not by an exception or a run that got stuck.
            if (Simulation.Run(seed, fault).Violations.FirstOrDefault(v => v.Operations.Length == 2) is { } found)
            {
                output.WriteLine($"Seed {seed}: {found.What}");
                return;
            }
        }

        Assert.Fail($"{planted} was not found within {Seeds} seeds.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Same_seed_gives_the_same_run(ulong seed)
    {
        var (one, other) = (Simulation.Run(seed, keepNotes: true), Simulation.Run(seed, keepNotes: true));

        Assert.Equal(one.History.Print([]), other.History.Print([]));
        Assert.Equal(one.Totals, Simulation.Run(seed).Totals);
    }
}
