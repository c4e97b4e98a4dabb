using System.Collections.Immutable;
using System.Runtime;
using System.Runtime.InteropServices;

namespace EngageCenter.WarmCheck;

/// <summary>Writes the results and the machine.</summary>
internal static class Report
{
#if DEBUG
    private const string Build = "Debug build, which says nothing: use -c Release";
#else
    private const string Build = "Release";
#endif

    public static void Machine(Settings settings)
    {
        Console.WriteLine($"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}, {Environment.ProcessorCount} cores, "
            + $"{(GCSettings.IsServerGC ? "server" : "workstation")} garbage collection, {Build}");
        Console.WriteLine($"{settings.Users} people with {settings.Groups} groups each, {settings.Callers} calls at once "
            + $"from {(settings.FromClient ? "a client over TCP" : "the silo's process")}, {settings.Rounds} rounds of {settings.Milliseconds} ms for each");
        Console.WriteLine();
        Console.WriteLine("       calls per second                     ratio to the check");
        Console.WriteLine("round       check    no-op alike      no-op   alike   no-op");
    }

    public static void Round(int number, Round round) => Console.WriteLine(
        $"{number,5} {round.Check.PerSecond,11:N0} {round.NothingAlike.PerSecond,14:N0} {round.Nothing.PerSecond,10:N0} "
        + $"{ToAlike(round),7:F3} {ToNothing(round),7:F3}");

    /// <returns>Whether the check is at least as fast as required.</returns>
    public static bool Ratios(ImmutableArray<Round> rounds, double atLeast)
    {
        Console.WriteLine();
        Console.WriteLine($"{"",-44}   median   min–max");
        Print("calls per second, check / no-op alike", rounds.Select(ToAlike), "F3");
        Print("calls per second, check / no-op", rounds.Select(ToNothing), "F3");
        Print("processor time per call, no-op alike / check", rounds.Select(r => r.NothingAlike.ProcessorPerCall / r.Check.ProcessorPerCall), "F3");
        Print("processor µs per call, check", rounds.Select(r => r.Check.ProcessorPerCall), "F2");
        Print("processor µs per call, no-op alike", rounds.Select(r => r.NothingAlike.ProcessorPerCall), "F2");
        Print("processor µs per call, no-op", rounds.Select(r => r.Nothing.ProcessorPerCall), "F2");
        Print("bytes allocated per call, check", rounds.Select(r => r.Check.AllocatedPerCall), "F0");
        Print("bytes allocated per call, no-op alike", rounds.Select(r => r.NothingAlike.AllocatedPerCall), "F0");
        Print("bytes allocated per call, no-op", rounds.Select(r => r.Nothing.AllocatedPerCall), "F0");
        if (atLeast == 0)
        {
            return true;
        }

        var median = Median([.. rounds.Select(ToAlike).Order()]);
        Console.WriteLine();
        Console.WriteLine($"check / no-op alike is {median:F3}; at least {atLeast} is asked: {(median >= atLeast ? "passed" : "failed")}");
        return median >= atLeast;
    }

    // The ratio of one round, in which both took short turns: other work on the machine affected both.
    private static double ToAlike(Round round) => round.Check.PerSecond / round.NothingAlike.PerSecond;

    private static double ToNothing(Round round) => round.Check.PerSecond / round.Nothing.PerSecond;

    private static void Print(string what, IEnumerable<double> values, string format)
    {
        ImmutableArray<double> sorted = [.. values.Order()];
        Console.WriteLine($"{what,-44} {Median(sorted).ToString(format),8}   {sorted[0].ToString(format)}–{sorted[^1].ToString(format)}");
    }

    private static double Median(ImmutableArray<double> sorted) =>
        (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
