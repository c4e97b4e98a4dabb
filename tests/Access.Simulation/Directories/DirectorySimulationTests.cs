using System.Globalization;
using Xunit.Abstractions;

namespace EngageCenter.Directories.Simulation;

/// <summary>Tests the promises of docs/run/directory.md, whatever the directory answers and whatever crashes.</summary>
public class DirectorySimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 1_000;

    public static TheoryData<string> Faults => [.. Enum.GetNames<Fault>().Where(f => f != nameof(Fault.None))];

    /// <summary>The variable <c>SIMULATION_SEEDS</c> sets the number of seeds; the default is 1,000.</summary>
    [Fact]
    public void Every_promise_holds_over_many_seeds()
    {
        var seeds = int.Parse(Environment.GetEnvironmentVariable("SIMULATION_SEEDS") ?? $"{Seeds}", CultureInfo.InvariantCulture);
        var totals = DirectoryTotals.None;
        for (var seed = 1ul; seed <= (ulong)seeds; seed++)
        {
            var outcome = DirectorySimulation.Run(seed);
            Assert.True(outcome.Violations.Count == 0, outcome.Violations.Count == 0 ? null : $"Seed {seed}: {outcome.Violations[0].What}");
            totals += outcome.Totals;
        }

        output.WriteLine($"{totals}");

        // Enough must have happened: a run without events finds nothing either.
        Assert.True(totals.Allowed > 50 * seeds && totals.Checks > 2 * totals.Allowed && totals.Rounds > 5 * seeds && totals.Incomplete > 5 * seeds, $"{totals}");
        Assert.True(totals.Changes > 30 * seeds && totals.BrokenOff > seeds && totals.Expired > seeds / 2 && totals.Crashes > seeds && totals.Pauses > seeds, $"{totals}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_same_seed_is_the_same_run(ulong seed)
    {
        var (one, other) = (DirectorySimulation.Run(seed, keepNotes: true), DirectorySimulation.Run(seed, keepNotes: true));

        Assert.Equal(one.Notes, other.Notes);
        Assert.Equal(one.Totals, DirectorySimulation.Run(seed).Totals);
    }

    [Theory, MemberData(nameof(Faults))]
    public void Every_planted_fault_is_found(string planted)
    {
        var fault = Enum.Parse<Fault>(planted);
        for (var seed = 1ul; seed <= Seeds; seed++)
        {
            // The fault must be found by an answer that somebody got, not by an exception.
            if (DirectorySimulation.Run(seed, fault).Violations.FirstOrDefault(v => v.Check is not null) is { } found)
            {
                output.WriteLine($"Seed {seed}: {found.What}");
                return;
            }
        }

        Assert.Fail($"{planted} was not found within {Seeds} seeds.");
    }
}
