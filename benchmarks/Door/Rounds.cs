using System.Collections.Immutable;
using System.Diagnostics;
using HdrHistogram;

namespace EngageCenter.Door;

/// <summary>The result of one contestant in its turns of one round.</summary>
/// <param name="Requests">Requests that were answered with 200.</param>
/// <param name="Refused">Requests with another answer, which can happen if a server gets no processor time on a busy machine.</param>
/// <param name="Processors">Processor time by kind of process, in the contestant's order; the client is last.</param>
internal sealed record Lap(long Requests, long Refused, TimeSpan Elapsed, ImmutableArray<TimeSpan> Processors)
{
    public double PerSecond => Requests / Elapsed.TotalSeconds;

    public double MicrosecondsPerRequest(int kind) => Processors[kind].TotalMicroseconds / Requests;

    public static Lap operator +(Lap some, Lap more) => new(
        some.Requests + more.Requests, some.Refused + more.Refused, some.Elapsed + more.Elapsed, [.. some.Processors.Zip(more.Processors, (a, b) => a + b)]);
}

/// <param name="Rounds">For each round, one lap for each contestant.</param>
/// <param name="Latencies">For each contestant, over all rounds, in µs.</param>
internal sealed record Result(ImmutableArray<ImmutableArray<Lap>> Rounds, ImmutableArray<LongHistogram> Latencies);

internal static class Rounds
{
    // Hot code is compiled again several times; little of that is measured.
    private const int WarmUpRequests = 500_000;

    private static readonly TimeSpan longestWarmUp = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan turn = TimeSpan.FromMilliseconds(250);

    public static async Task<Result> RunAsync(ImmutableArray<Contestant> contestants, DoorSettings settings)
    {
        var connections = new List<ImmutableArray<Connection>>();
        try
        {
            foreach (var contestant in contestants)
            {
                connections.Add([.. await Task.WhenAll(Enumerable.Range(0, settings.Connections).Select(_ => Connection.OpenAsync(contestant.Address)))]);
                await CheckAsync(contestant, connections[^1][0]);
                await WarmUpAsync(contestant, connections[^1]);
            }

            ImmutableArray<LongHistogram> latencies = [.. contestants.Select(_ => Connection.NewHistogram())];
            var rounds = ImmutableArray.CreateBuilder<ImmutableArray<Lap>>();
            for (var number = 0; number < settings.Rounds; number++)
            {
                var round = await RunAsync(contestants, connections, latencies, settings, number);
                rounds.Add(round);
                await Console.Error.WriteLineAsync($"round {number + 1}: {string.Join(", ", contestants.Zip(round, (c, lap) => $"{c.Name} {lap.PerSecond:N0}/s"))}");
            }

            return new(rounds.ToImmutable(), latencies);
        }
        finally
        {
            connections.SelectMany(c => c).ToList().ForEach(c => c.Dispose());
        }
    }

    // Sends one request for each person before anything is measured. Then all have signed in, and the answers are checked.
    private static async Task CheckAsync(Contestant contestant, Connection connection)
    {
        foreach (var request in contestant.Requests)
        {
            if (!await connection.AskAsync(request) || !connection.Answer.Contains(contestant.Expected, StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"{contestant.Name} has answered without {contestant.Expected}: {connection.Answer}");
            }
        }
    }

    private static async Task WarmUpAsync(Contestant contestant, ImmutableArray<Connection> connections)
    {
        var thrownAway = Connection.NewHistogram();
        for (var lap = await RunAsync(contestant, connections, thrownAway); lap.Requests < WarmUpRequests && lap.Elapsed < longestWarmUp;)
        {
            lap += await RunAsync(contestant, connections, thrownAway);
        }
    }

    private static async Task<ImmutableArray<Lap>> RunAsync(
        ImmutableArray<Contestant> contestants, List<ImmutableArray<Connection>> connections, ImmutableArray<LongHistogram> latencies, DoorSettings settings, int number)
    {
        var laps = new Lap?[contestants.Length];
        var turns = (int)(TimeSpan.FromSeconds(settings.Seconds) / turn);
        for (var n = 0; n < turns; n++)
        {
            // Each contestant has every position equally often.
            for (var place = 0; place < contestants.Length; place++)
            {
                var whose = (number + n + place) % contestants.Length;
                var lap = await RunAsync(contestants[whose], connections[whose], latencies[whose]);
                laps[whose] = laps[whose] is { } before ? before + lap : lap;
            }
        }

        return [.. laps.Select(lap => lap!)];
    }

    private static async Task<Lap> RunAsync(Contestant contestant, ImmutableArray<Connection> connections, LongHistogram latencies)
    {
        var (servers, client) = (contestant.ProcessorTimes(), Environment.CpuUsage.TotalTime);
        var started = Stopwatch.GetTimestamp();
        using var stop = new CancellationTokenSource(turn, TimeProvider.System);
        var answered = await Task.WhenAll(connections.Select((connection, n) =>
            Task.Run(() => connection.DriveAsync(contestant, n * contestant.Requests.Length / connections.Length, stop.Token))));
        var elapsed = Stopwatch.GetElapsedTime(started);
        var lap = new Lap(
            answered.Sum(a => a.Answered), answered.Sum(a => a.Refused), elapsed,
            [.. contestant.ProcessorTimes().Zip(servers, (after, before) => after - before), Environment.CpuUsage.TotalTime - client]);
        foreach (var connection in connections)
        {
            latencies.Add(connection.Latencies);
            connection.Latencies.Reset();
        }

        return lap;
    }
}
