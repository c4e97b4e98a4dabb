using Xunit.Abstractions;

namespace EngageCenter.LoadTests;

/// <summary>People who are members of nothing do not make the service worse for its members.</summary>
public class StrangersTests(ITestOutputHelper output)
{
    /// <summary>
    /// The load, the silo and the web node share this process and its cores, and other work may share the machine: one
    /// round can be slow by chance. What strangers cause is in every round, so the first round within the bound is enough.
    /// </summary>
    private const double MaxRatio = 2;

    // Most of one round.
    private const int MinStrangers = 400;

    // The sets of known tenants, by the first byte of a tenant's id: each is a grain once it was asked for.
    private const int SetsOfTenants = 256;

    // Room for what a stranger's sign-in takes while it is remembered, and far below what a grain for each group takes.
    private const long MaxBytes = 100_000_000;

    [Fact]
    public async Task Strangers_neither_slow_members_down_nor_leave_anything_behind()
    {
        var options = new StrangersOptions(Strangers: 6_000, PerSecond: 150, Groups: 200, SlowBodies: 30, MembersPerSecond: 50, Rounds: 10, Seed: 1, EnoughRatio: MaxRatio);

        var report = await new StrangersRun(TextWriter.Null, TimeProvider.System).MeasureAsync(options, CancellationToken.None);

        output.WriteLine($"{report}");
        Assert.Empty(report.Errors);
        Assert.True(report.Came >= MinStrangers, $"{report.Came} strangers came.");
        // No grain of a stranger, nor of one of the 200 groups of each.
        Assert.True(report.After.Activations - report.Before.Activations <= SetsOfTenants + 200, $"{report.After.Activations} activations, {report.Before.Activations} before.");
        Assert.Equal(report.Before.Rows, report.After.Rows);
        Assert.True(report.After.Bytes - report.Before.Bytes <= MaxBytes, $"{report.After.Bytes} bytes, {report.Before.Bytes} before.");
        Assert.True(report.Rounds.Min(r => r.Ratio) <= MaxRatio, $"{report}");
    }
}
