using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace EngageCenter.Door;

/// <summary>
/// Measures how many people per second can check a permission with a token that the service has not seen: first each person's
/// first token, then each person's next token, in turns with another commit's DevHost if there is one. Each request is sent once.
/// </summary>
internal static class FirstSignIns
{
    // The first compilation and caching is not measured.
    private const int WarmUpPart = 4;

    private const string First = "first token";
    private const string Next = "next token";

    private static readonly TimeSpan untilNextToken = TimeSpan.FromSeconds(2);

    public static async Task<string> RunAsync(Servers servers, DoorSettings settings)
    {
        var hosts = new List<(string Name, Servers.NewHost Host)> { ("this commit", await servers.NewHostAsync(AppContext.BaseDirectory, "")) };
        if (settings.Before is { } before)
        {
            hosts.Add(("before", await servers.NewHostAsync(Path.GetFullPath(before), ", before")));
        }

        var people = new Organization(settings).People;
        var warmUp = people.Length / WarmUpPart;
        var size = (people.Length - warmUp) / settings.Rounds;
        if (size == 0)
        {
            throw new InvalidOperationException($"{people.Length} people are too few for {settings.Rounds} rounds.");
        }

        var report = new StringBuilder(Report.Heading("First sign-ins", $"first {settings.CommandLine}"));
        report.Append(CultureInfo.InvariantCulture,
            $"{people.Length} people with {settings.Groups} groups each, of whom a quarter warm up; {settings.Connections} connections with one request under way each; {settings.Rounds} rounds in turns, medians with least and most. DevHost with SQLite.\n\n| | requests/s | of before | processor µs/request | client µs |\n|---|---|---|---|---|\n");
        foreach (var kind in (string[])[First, Next])
        {
            if (kind == Next)
            {
                // The issue time of a token is in whole seconds, so the next token is newer only after another second has begun.
                await Task.Delay(untilNextToken, TimeProvider.System);
            }

            var laps = new List<ImmutableArray<Lap>>();
            var requests = new List<ImmutableArray<byte[]>>();
            foreach (var (_, host) in hosts)
            {
                requests.Add([.. (await Organization.TokensAsync(host.Entra, people)).Select(token => Contestant.Post(host.Path, Servers.Body, token))]);
            }

            foreach (var ((_, host), all) in hosts.Zip(requests))
            {
                await RunAsync(host, all[..warmUp], settings.Connections);
            }

            for (var round = 0; round < settings.Rounds; round++)
            {
                var some = new Lap[hosts.Count];
                for (var place = 0; place < hosts.Count; place++)
                {
                    var whose = (round + place) % hosts.Count;
                    some[whose] = await RunAsync(hosts[whose].Host, requests[whose].Slice(warmUp + (round * size), size), settings.Connections);
                }

                laps.Add([.. some]);
            }

            for (var whose = 0; whose < hosts.Count; whose++)
            {
                var of = hosts.Count > 1 ? Report.Spread(laps.Select(lap => lap[whose].PerSecond / lap[^1].PerSecond)) : "";
                report.Append(CultureInfo.InvariantCulture,
                    $"| {kind}, {hosts[whose].Name} | {Report.Spread(laps.Select(lap => lap[whose].PerSecond), "N0")} | {of} | {Report.Spread(laps.Select(lap => lap[whose].MicrosecondsPerRequest(0)), "F0")} | {Report.Spread(laps.Select(lap => lap[whose].MicrosecondsPerRequest(1)), "F0")} |\n");
            }
        }

        return report.ToString();
    }

    private static async Task<Lap> RunAsync(Servers.NewHost host, ImmutableArray<byte[]> requests, int count)
    {
        var connections = await Task.WhenAll(Enumerable.Range(0, Math.Min(count, requests.Length)).Select(_ => Connection.OpenAsync(host.Address)));
        try
        {
            using var process = Process.GetProcessById(host.Process);
            var (server, client, started) = (process.TotalProcessorTime, Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            var refused = await Task.WhenAll(connections.Select((connection, n) => Task.Run(async () =>
            {
                var others = 0L;
                for (var i = n; i < requests.Length; i += connections.Length)
                {
                    others += await connection.AskAsync(requests[i]) && connection.Answer.Contains("\"allowed\":true", StringComparison.Ordinal) ? 0 : 1;
                }

                return others;
            })));
            var elapsed = Stopwatch.GetElapsedTime(started);
            process.Refresh();
            return refused.Sum() == 0
                ? new(requests.Length, 0, elapsed, [process.TotalProcessorTime - server, Environment.CpuUsage.TotalTime - client])
                : throw new InvalidOperationException($"{refused.Sum()} of {requests.Length} were not let in: {connections[0].Answer}");
        }
        finally
        {
            foreach (var connection in connections)
            {
                connection.Dispose();
            }
        }
    }
}
