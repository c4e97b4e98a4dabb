using Xunit.Abstractions;

namespace EngageCenter.LoadTests;

/// <summary>People who are not members of any workspace do not slow down the service for its members.</summary>
public class StrangersTests(ITestOutputHelper output)
{
    /// <summary>
    /// The greatest allowed ratio. Load, silo and web node share this process and its cores, and other work may share the machine, so
    /// one round can be slow by chance. An effect of strangers is in every round, so one round within the limit is enough.
    /// </summary>
    private const double MaxRatio = 2;

    // Most of the strangers of one round.
    private const int MinStrangers = 400;

    // The sets of known tenants, by the first byte of a tenant's id. Each is a grain once it was asked for.
    private const int SetsOfTenants = 256;

    // Enough for the sign-ins of strangers while they are remembered, and far less than a grain for each group would take.
    private const long MaxBytes = 100_000_000;

    [Fact]
    public async Task Strangers_do_not_slow_members_down_and_leave_nothing_behind()
    {
        var options = new StrangersOptions(Strangers: 6_000, PerSecond: 150, Groups: 200, SlowBodies: 30, MembersPerSecond: 50, Rounds: 10, Seed: 1, EnoughRatio: MaxRatio);

        var report = await new StrangersRun(TextWriter.Null, TimeProvider.System).MeasureAsync(options, CancellationToken.None);

        output.WriteLine($"{report}");
        Assert.Empty(report.Errors);
        Assert.True(report.Came >= MinStrangers, $"{report.Came} strangers came.");
        // There is no grain for a stranger, nor for any of the 200 groups of each.
        Assert.True(report.After.Activations - report.Before.Activations <= SetsOfTenants + 200, $"{report.After.Activations} activations, {report.Before.Activations} before.");
        Assert.Equal(report.Before.Rows, report.After.Rows);
        Assert.True(report.After.Bytes - report.Before.Bytes <= MaxBytes, $"{report.After.Bytes} bytes, {report.Before.Bytes} before.");
        Assert.True(report.Rounds.Min(r => r.Ratio) <= MaxRatio, $"{report}");
    }
}
