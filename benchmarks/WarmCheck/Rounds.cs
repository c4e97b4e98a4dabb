using System.Collections.Immutable;

namespace EngageCenter.WarmCheck;

/// <summary>The result of one contestant in its turns of one round.</summary>
internal readonly record struct Lap(long Calls, TimeSpan Elapsed, TimeSpan Processor, long Allocated)
{
    public double PerSecond => Calls / Elapsed.TotalSeconds;

    /// <summary>Microseconds of processor time over all cores for each call, including other work of the silo.</summary>
    public double ProcessorPerCall => Processor.TotalMicroseconds / Calls;

    public double AllocatedPerCall => (double)Allocated / Calls;

    public static Lap operator +(Lap some, Lap more) => new(
        some.Calls + more.Calls, some.Elapsed + more.Elapsed, some.Processor + more.Processor, some.Allocated + more.Allocated);
}

internal readonly record struct Round(Lap Check, Lap NothingAlike, Lap Nothing);

internal static class Rounds
{
    /// <summary>How many first rounds are discarded: a hot method is fully compiled after about ten thousand calls.</summary>
    private const int WarmUp = 5;

    /// <summary>
    /// The turns of each contestant within a round. The shorter they are, the more equal is the effect of other work on the machine.
    /// To start and end a turn takes far less than a millisecond.
    /// </summary>
    private const int Turns = 20;

    public static async Task<ImmutableArray<Round>> Run(Contestants contestants, Settings settings)
    {
        var rounds = ImmutableArray.CreateBuilder<Round>();
        for (var number = -WarmUp; number < settings.Rounds; number++)
        {
            var round = await Run(contestants, settings, number + WarmUp);
            if (number >= 0)
            {
                rounds.Add(round);
                Report.Round(number + 1, round);
            }
        }

        return rounds.ToImmutable();
    }

    private static async Task<Round> Run(Contestants contestants, Settings settings, int number)
    {
        Func<int, CancellationToken, Task<long>>[] all = [contestants.Check, contestants.NothingAlike, contestants.Nothing];
        var laps = new Lap[all.Length];
        for (var turn = 0; turn < Turns; turn++)
        {
            // Each contestant is first, second and last equally often.
            for (var place = 0; place < all.Length; place++)
            {
                var whose = (number + turn + place) % all.Length;
                laps[whose] += await Run(all[whose], settings);
            }
        }

        return new(laps[0], laps[1], laps[2]);
    }

    private static async Task<Lap> Run(Func<int, CancellationToken, Task<long>> contestant, Settings settings)
    {
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var processor = Environment.CpuUsage.TotalTime;
        var started = TimeProvider.System.GetTimestamp();
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds((double)settings.Milliseconds / Turns), TimeProvider.System);
        var calls = await Task.WhenAll(Enumerable.Range(0, settings.Callers)
            .Select(caller => Task.Run(() => contestant(caller * settings.Users / settings.Callers, stop.Token))));
        return new(
            calls.Sum(), TimeProvider.System.GetElapsedTime(started), Environment.CpuUsage.TotalTime - processor,
            GC.GetTotalAllocatedBytes(precise: true) - allocated);
    }
}
